#!/usr/bin/env bash
# Asks a running hub what its users will ask first, from outside: deploy/smoke_test.sh https://hub.example.org
#   --timeout SECONDS   how long each answer is waited for (60)
#   --insecure          accept a certificate that nobody vouches for
#   --require-model     degraded (the rules answer, no model) counts as a failure
#   --scoring URL       where the scoring service answers, if not at the same address
# With PIXELHUB_SMOKE_KEY in the environment (an API key with the scope "score") one harmless text is scored.
set -euo pipefail

timeout=60 url="" scoring="" insecure=() require_model=false
usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; }
while (($#)); do
  case $1 in
    --timeout) timeout=${2:?seconds} && shift 2 ;;
    --scoring) scoring=${2:?an address} && shift 2 ;;
    --insecure) insecure=(--insecure) && shift ;;
    --require-model) require_model=true && shift ;;
    -h | --help) usage && exit 0 ;;
    -*) echo "unknown option: $1" >&2 && usage >&2 && exit 2 ;;
    *) url=$1 && shift ;;
  esac
done
[[ $url =~ ^https?:// ]] || { echo "Say which hub: deploy/smoke_test.sh https://hub.example.org" >&2 && exit 2; }
url=${url%/}
scoring=${scoring:-$url}
scoring=${scoring%/}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# ask NAME STATUS URL [curl options]: until the status comes or the time is over; the answer lies in $folder/NAME
ask() {
  local name=$1 expected=$2 address=$3 status="" deadline=$((SECONDS + timeout))
  shift 3
  while true; do
    status=$(curl --silent --show-error --max-time 15 "${insecure[@]}" --dump-header "$folder/$name.headers" \
      --output "$folder/$name" --write-out '%{http_code}' "$@" "$address" 2>"$folder/$name.error") || true
    [[ $status == "$expected" ]] && echo "ok      $address: $status" && return 0
    ((SECONDS >= deadline)) && break
    sleep 1
  done
  echo "FAILED  $address: ${status:-nothing} instead of $expected $(head -c 200 "$folder/$name.error")"
  failed=1
  return 1
}

fail() { echo "FAILED  $1" && failed=1; }

ask pages_alive 200 "$url/healthz" || true
ask alive 200 "$scoring/healthz" || true
if ask ready 200 "$scoring/readyz"; then
  state=$(sed -n 's/.*"status": *"\([a-z]*\)".*/\1/p' "$folder/ready")
  echo "        models: ${state:-unknown}"
  if [[ $state != ready ]]; then
    $require_model && fail "$scoring/readyz: $state: $(head -c 300 "$folder/ready")"
  fi
fi
if ask sign_in 200 "$url/accounts/login/"; then
  policy=$(grep -i '^content-security-policy:' "$folder/sign_in.headers" || true)
  [[ -n $policy && $policy != *unsafe-* ]] || fail "$url/accounts/login/: no content policy, or an unsafe one"
  style=$(grep -oE '/static/[^"]+\.css' "$folder/sign_in" | head -1 || true)
  if [[ -n $style ]]; then ask style 200 "$url$style" || true; else fail "$url/accounts/login/: no style sheet"; fi
fi
ask document 200 "$scoring/api/v1/openapi.json" || true
text='{"messages":[{"role":"user","content":"I could sleep for a year."}]}'
# without a key nobody gets a score
ask refused 401 "$scoring/api/v1/crisis/score" --header 'Content-Type: application/json' --data "$text" || true
if [[ -n ${PIXELHUB_SMOKE_KEY:-} ]]; then
  # the key goes through a file that only we can read: arguments are seen by every user of the machine
  (umask 077 && printf 'header = "Authorization: Bearer %s"\n' "$PIXELHUB_SMOKE_KEY" >"$folder/key")
  if ask score 200 "$scoring/api/v1/crisis/score" --config "$folder/key" --header 'Content-Type: application/json' --data "$text"; then
    grep -q '"score"' "$folder/score" || fail "$scoring/api/v1/crisis/score: an answer without a score"
  fi
else
  echo "        no PIXELHUB_SMOKE_KEY: nothing was scored"
fi
((failed)) && echo "smoke test: failed" && exit 1
echo "smoke test: passed"
