HUB=https://hub.example
KEY="phk_…"
SESSION=$(curl --silent --show-error $HUB/api/v1/conversations \
  --header "Authorization: Bearer $KEY" --header "Content-Type: application/json" \
  --data '{"locale": "en-US"}' | sed -E 's/.*"id":"([^"]+)".*/\1/')
curl --silent --show-error $HUB/api/v1/conversations/$SESSION/turns \
  --header "Authorization: Bearer $KEY" --header "Content-Type: application/json" \
  --data '{"role": "user", "content": "I could sleep for a year."}'
