#!/bin/sh
# Starts redis-server so that it answers other containers, as the official image does: its protected mode would answer this container only.
# Who reaches the port is decided by the network that the container is in.
set -eu
case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "${1:-}" = redis-server ]; then
  case " $* " in
    *" --protected-mode "*) ;;
    *) set -- "$@" --protected-mode no ;;
  esac
fi
exec "$@"
