#!/bin/sh
# nginx of the compose file: its settings into the two configuration files, then nginx in the foreground.
set -eu
: "${NAME:?the name that people type into the browser}" "${WORKERS:?the workers, host:port with spaces between}" "${TILE_SECRET:?YIPING_TILE_SECRET of the workers}"
certificate=/etc/yiping/tls/yiping.pem key=/etc/yiping/tls/yiping.key
[ -r "$certificate" ] && [ -r "$key" ] || { echo "$certificate, $key: missing" >&2; exit 2; }
sed -e "s|@NAME@|$NAME|" -e "s|@CERTIFICATE@|$certificate|" -e "s|@KEY@|$key|" /opt/yiping/deploy/yiping.nginx.conf > /etc/nginx/conf.d/yiping.conf
(umask 077; sed -e "s|@SECRET@|$TILE_SECRET|" -e "s|@TILES@|/srv/yiping-tiles|" /opt/yiping/deploy/tiles.nginx.conf > /etc/nginx/yiping-tiles.conf)
for worker in $WORKERS; do echo "server $worker max_fails=2 fail_timeout=1s;"; done > /etc/nginx/yiping-workers.conf
nginx -t -q
exec nginx -g "daemon off;"
