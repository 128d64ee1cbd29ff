# Parts of a run side by side, for tests/run, which says what `say` is. Each has a process group of its own, so that all
# of it ends with the run: interrupted as by Ctrl-C, for then pytest takes down what its tests have made.

# A shell without job control starts what it puts into the background with Ctrl-C ignored, and what bash was started with
# ignored it can give none of its own commands back.
if [ -n "$(trap -p INT)" ]; then
  exec python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])' \
    "$BASH" "$0" "$@"
fi
declare -A parts=()

# begin NAME LOG COMMAND...: its process is $begun; with a LOG its output is there until `finish` shows it.
begin() {
  local name=$1 log=$2
  shift 2
  if [ ${#parts[@]} = 0 ]; then
    trap stop EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
  fi
  set -m
  (
    # With a trap bash waits for the command that it runs before it ends.
    trap 'exit 130' INT
    if [ -n "$log" ]; then
      exec 3>&1 >"$log" 2>&1
      trap 'say "$name: ended with code $?" >&3' EXIT
    fi
    "$@"
  ) </dev/null &
  set +m
  begun=$!
  parts[$begun]=$log
}

# finish PROCESS: wait for a part and show its log; its exit code.
finish() {
  local code=0
  wait "$1" || code=$?
  show "$1"
  unset "parts[$1]"
  return "$code"
}

show() { [ -z "${parts[$1]}" ] || cat "${parts[$1]}"; }

tell() {
  local part
  for part in "${!parts[@]}"; do kill "-$1" -- "-$part" 2>/dev/null || true; done
}

# The run ends, by a signal or an error, before its parts: a second signal does not wait for what they still do.
stop() {
  local code=$? part
  trap - EXIT
  trap 'tell KILL' HUP INT TERM
  tell INT
  until wait; do :; done
  for part in "${!parts[@]}"; do show "$part"; done
  exit "$code"
}
