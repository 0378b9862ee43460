curl --silent --show-error --max-time 5 https://hub.example/api/v1/crisis/score \
  --header "Authorization: Bearer phk_…" \
  --header "Content-Type: application/json" \
  --header "Idempotency-Key: $(date +%s%N)" \
  --data '{"messages": [{"role": "user", "content": "I could sleep for a year."}], "locale": "en-US"}'
