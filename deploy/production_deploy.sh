#!/usr/bin/env bash
# Builds the images, migrates, rolls out, waits, smoke-tests, and goes back where something fails.
#   deploy/production_deploy.sh --registry registry.example.org/team --values my-values.yaml
#     --tag TAG            what the images are called (the commit); an existing tag with --skip-build deploys it again
#     --namespace NAME     (pixelhub)     --release NAME      (pixelhub)
#     --secret NAME        (pixelhub)     --keys-secret NAME  (pixelhub-keys)    the two existing Secrets
#     --url URL            where the smoke test asks (https:// and the values' host)
#     --timeout DURATION   for the migration, and again for each roll-out (15m)
#     --skip-build         the images are in the registry already
#     --allow-dirty        deploy from a tree with uncommitted changes
#     --dry-run            say what would be done; lint and render the chart where helm is at hand
# Exit: 0 deployed, 1 failed (and rolled back where there was something to go back to), 2 wrong arguments.
# PIXELHUB_SMOKE_KEY in the environment: an API key with which the smoke test asks for one score.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
chart=$here/helm/pixelhub
targets=(hub worker gpu-worker inference)

registry="" values="" tag="" namespace=pixelhub release=pixelhub secret=pixelhub keys=pixelhub-keys
url="" timeout=15m build=true clean=true dry=false
usage() { sed -n '2,14s/^# \{0,1\}//p' "$0"; }
wrong() { echo "$1" >&2 && echo >&2 && usage >&2 && exit 2; }
while (($#)); do
  case $1 in
    --skip-build) build=false && shift && continue ;;
    --allow-dirty) clean=false && shift && continue ;;
    --dry-run) dry=true && shift && continue ;;
    -h | --help) usage && exit 0 ;;
    --registry | --values | --tag | --namespace | --release | --secret | --keys-secret | --url | --timeout) ;;
    *) wrong "unknown argument: $1" ;;
  esac
  [[ -n ${2:-} ]] || wrong "$1 needs a value"
  case $1 in
    --registry) registry=${2%/} ;;
    --values) values=$2 ;;
    --tag) tag=$2 ;;
    --namespace) namespace=$2 ;;
    --release) release=$2 ;;
    --secret) secret=$2 ;;
    --keys-secret) keys=$2 ;;
    --url) url=${2%/} ;;
    --timeout) timeout=$2 ;;
  esac
  shift 2
done
[[ -n $registry ]] || wrong "--registry is missing: where the images go"
[[ -n $values ]] || wrong "--values is missing: a copy of deploy/helm/values-production.yaml"
[[ -f $values ]] || wrong "no such file: $values"
[[ $timeout =~ ^[0-9]+[smh]$ ]] || wrong "--timeout is a number with s, m or h: $timeout"

say() { echo "== $*"; }
# what changes something outside: said, and done unless this is a dry run
run() {
  printf '+'
  printf ' %q' "$@"
  echo
  $dry || "$@"
}
has() { command -v "$1" >/dev/null 2>&1; }

say "what is deployed"
revision=$(git -C "$root" rev-parse HEAD 2>/dev/null || true)
if [[ -z $tag ]]; then
  [[ -n $revision ]] || wrong "--tag is missing, and this is no git checkout that could name one"
  tag=${revision:0:12}
fi
[[ $tag != latest ]] || wrong "a tag that moves can't be rolled back to: name the images by commit or version"
if $build && $clean && [[ -n $(git -C "$root" status --porcelain 2>/dev/null) ]]; then
  wrong "the tree has uncommitted changes, which no commit would name; commit them, or --allow-dirty"
fi
if [[ -z $url ]]; then
  host=$(sed -n 's/^host: *["'\'']\{0,1\}\([A-Za-z0-9.-]*\).*/\1/p' "$values" | head -1)
  [[ -n $host ]] || wrong "--url is missing, and $values names no host"
  url=https://$host
fi
echo "$registry/pixelhub-{$(IFS=,; echo "${targets[*]}")}:$tag to $namespace/$release, then $url"
missing=()
for tool in helm kubectl curl python3; do has "$tool" || missing+=("$tool"); done
if $build && ! has docker; then missing+=(docker); fi
if ((${#missing[@]})); then
  echo "not at hand here: ${missing[*]}"
  $dry || exit 1
fi

settings=(--values "$values" --set-string "image.registry=$registry" --set-string "image.tag=$tag"
  --set-string "secret.existing=$secret" --set-string "keys.existing=$keys")

say "the chart"
if has helm; then
  # neither changes anything, so a dry run does both
  helm lint "$chart" "${settings[@]}"
  helm template "$release" "$chart" --namespace "$namespace" "${settings[@]}" >/dev/null
fi

if $build; then
  say "images"
  for target in "${targets[@]}"; do
    image=$registry/pixelhub-$target:$tag
    run docker build --file "$here/container/Dockerfile" --target "$target" --tag "$image" \
      --label "org.opencontainers.image.revision=$revision" "$root"
    run docker push "$image"
  done
fi

say "the place"
if $dry || ! kubectl get namespace "$namespace" >/dev/null 2>&1; then run kubectl create namespace "$namespace"; fi
for name in "$secret" "$keys"; do
  if ! $dry && ! kubectl --namespace "$namespace" get secret "$name" >/dev/null 2>&1; then
    echo "The Secret $name is not in the namespace $namespace; docs/deployment.md says how it is made." >&2
    exit 1
  fi
done

# The last revision that was deployed whole; a failed one is nothing to go back to.
last_good() {
  helm history "$release" --namespace "$namespace" --output json 2>/dev/null | python3 -c '
import json, sys
try:
    history = json.load(sys.stdin)
except ValueError:
    history = []
good = [entry["revision"] for entry in history if entry["status"] == "deployed"]
print(good[-1] if good else "")'
}
previous=""
$dry || previous=$(last_good)

go_back() {
  echo "FAILED: $1" >&2
  $dry && return
  kubectl --namespace "$namespace" get pods --selector "app.kubernetes.io/instance=$release" >&2 || true
  kubectl --namespace "$namespace" get events --sort-by=.lastTimestamp 2>/dev/null | tail -20 >&2 || true
  if [[ -z $previous ]]; then
    echo "There is no earlier revision to go back to: what was installed stays for a look." >&2
    exit 1
  fi
  say "back to revision $previous"
  if run helm rollback "$release" "$previous" --namespace "$namespace" --wait --timeout "$timeout"; then
    echo "Revision $previous runs again. The migrations of $tag stay applied (docs/deployment.md)." >&2
  else
    echo "THE ROLL-BACK FAILED TOO: look at the namespace $namespace now." >&2
  fi
  exit 1
}

say "migrate and roll out"
run helm upgrade "$release" "$chart" --install --namespace "$namespace" --history-max 10 --timeout "$timeout" \
  "${settings[@]}" || go_back "helm upgrade (the migration is its first step)"

say "wait"
if $dry; then
  for name in web inference worker gpu-worker; do
    run kubectl --namespace "$namespace" rollout status "deployment/$release-$name" --timeout "$timeout"
  done
else
  deployments=$(kubectl --namespace "$namespace" get deployments \
    --selector "app.kubernetes.io/instance=$release" --output name) || go_back "no deployments could be listed"
  [[ -n $deployments ]] || go_back "the release $release has no deployments"
  for name in $deployments; do
    run kubectl --namespace "$namespace" rollout status "$name" --timeout "$timeout" || go_back "$name did not become ready"
  done
fi

say "smoke test"
run "$here/smoke_test.sh" "$url" || go_back "the smoke test at $url"
if $dry; then say "dry run: nothing was changed"; else say "deployed: $tag at $url"; fi
