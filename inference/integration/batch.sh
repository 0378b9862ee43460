curl --silent --show-error https://hub.example/api/v1/crisis/batch \
  --header "Authorization: Bearer phk_…" \
  --header "Content-Type: application/json" \
  --data '{"conversations": [{"text": "I could sleep for a year."}, {"text": "I miss my cousin."}]}'
