#!/usr/bin/env bash
# Makes what the members of one cluster know each other by, a certificate and its key: FOLDER/cluster.pem, cluster.key.
# Whoever can read the key can run commands as you on all hosts of the cluster (docs/sweeps.md), so it is yours alone.
#   scripts/cluster/certificates.sh FOLDER [DAYS]
set -euo pipefail
[ $# -ge 1 ] && [ $# -le 2 ] || { echo "usage: certificates.sh FOLDER [DAYS]" >&2; exit 2; }
folder=$1 days=${2:-365}
umask 077
mkdir -p -- "$folder"
if [ -e "$folder/cluster.key" ] || [ -e "$folder/cluster.pem" ]; then
  echo "certificates.sh: error: $folder: holds certificates already; each cluster has a folder of its own" >&2
  exit 2
fi
part=$(mktemp -d -- "$folder/certificates.XXXXXX")
trap 'rm -rf -- "$part"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days "$days" -subj /CN=lockstep-cluster \
  -addext "subjectAltName=DNS:lockstep-cluster" -keyout "$part/cluster.key" -out "$part/cluster.pem" 2>"$part/log" ||
  { echo "certificates.sh: error: openssl: $(tail -n 1 "$part/log")" >&2; exit 3; }
mv -n -- "$part/cluster.pem" "$part/cluster.key" "$folder/"
