#!/bin/sh
# Entry point of the worker's image. Gives the worker the right to use the Docker socket and its run directory, and no other:
# as root it finds the socket's group, takes over the run directory, and becomes uid 10001 with that group for good.
# The node process takes this shell's place, so that signals reach it.
set -eu

uid=10001
gid=10001
main=/app/packages/worker/dist/main.js
socket=${DOCKER_HOST:-unix:///var/run/docker.sock}
run_dir=${RUN_DIR:-}

# Somebody chose a user for the container; that is theirs to get right.
if [ "$(id -u)" != 0 ]; then
  exec node "$main" "$@"
fi

# --groups of setpriv: the group through which the socket can be read and written, or none where everybody may.
groups=--clear-groups
case $socket in
  unix://*)
    socket=${socket#unix://}
    if [ -S "$socket" ]; then
      mode=$(stat -L -c %a "$socket")
      others=$((mode % 10)) group=$((mode / 10 % 10))
      if [ $((others & 6)) = 6 ]; then
        :
      elif [ $((group & 6)) = 6 ]; then
        groups=--groups=$(stat -L -c %g "$socket")
      else
        echo "sandbox-worker: $socket is for root alone (mode $mode), so the worker runs as root." >&2
        uid=0
        gid=0
      fi
    else
      echo "sandbox-worker: there is no socket at $socket; mount the Docker engine's." >&2
    fi
    ;;
esac

# Closed to others before it is handed over. What an earlier worker of another user left is taken over with it.
if [ -n "$run_dir" ]; then
  mkdir -p "$run_dir"
  if [ "$(stat -c %u "$run_dir")" != "$uid" ] || [ "$(stat -c %a "$run_dir")" != 700 ]; then
    chown 0:0 "$run_dir"
    chmod 0700 "$run_dir"
    chown -R -h "$uid:$gid" "$run_dir"
  fi
fi

if [ "$uid" = 0 ]; then
  exec node "$main" "$@"
fi
exec setpriv --reuid="$uid" --regid="$gid" "$groups" --no-new-privs node "$main" "$@"
