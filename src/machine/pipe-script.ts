// Runs the programs of a pipe on the server they are for: on this computer and on the far side of ssh alike.
// (Node's own pipes between programs are Unix sockets: whose reader ends may then see 'Connection reset' instead of SIGPIPE,
// and /dev/stdin cannot be opened.) The script is constant; what varies comes as arguments.

/** The script's exit codes: the file to read, or the one to write to, is the reason that nothing was started. */
export const notRead = 65;
export const notWritten = 66;

/**
 * path or '', file to write to (the path itself to append), mode, bytes of zeros first, file to read or '', 'settled' or '',
 * answers to expect;
 * then for each program: the codes it may end with between commas, directory or '', number of words, words…
 *
 * Ends with a line of answers in the order of time: for each program and the file `good`, or `bad:<number>:<code>`,
 * `cwd:<number>`, `file:<code>`; then `blake2b:<digits>` and `bytes:<number>`. Each shell that waits for a program holds its ends
 * of the pipes until its answer is given, so the first to fail answers before those that fail in consequence.
 *
 * Open: 3 for the answers, 5 for the output, 6 to the hash, 7 to the count. No program gets them, as one that stays in the
 * background would keep us waiting.
 */
export const script = `
path=$1 file=$2 mode=$3 gap=$4 from=$5 settled=$6 expected=$7 size=''
shift 7

all() { if [ $# -gt $(($4 + 4)) ]; then one "$@" | others "$@"; else one "$@"; fi; }
others() { at=$1; shift $(($4 + 4)); all $((at + 1)) "$@"; }
one() {
  at=$1 allow=$2 cwd=$3 words=$4
  shift 4
  rest=$(($# - words))
  while [ $words -gt 0 ]; do set -- "$@" "$1"; shift; words=$((words - 1)); done
  shift $rest
  [ -z "$cwd" ] || cd -- "$cwd" 2>/dev/null || { echo "cwd:$at" >&3; return; }
  (exec "$@" 3>&- 5>&- 6>&- 7>&-)
  code=$?
  case "$allow" in *",$code,"*) echo good >&3 ;; *) echo "bad:$at:$code" >&3 ;; esac
}
keep() {
  tee --output-error=exit /dev/fd/6 /dev/fd/7 >&5
  code=$?
  if [ $code = 0 ]; then echo good >&3; else echo "file:$code" >&3; fi
}
hash() {
  if command -v openssl >/dev/null; then digits=$(openssl dgst -blake2b512 -r); else digits=$(b2sum); fi
  echo "blake2b:\${digits%% *}" >&3
}
put_back() { if [ -z "$size" ]; then rm -f -- "$file"; else truncate -s "$size" -- /dev/fd/5; fi; }
count() { bytes=$(wc -c); echo "bytes:$bytes" >&3; }

if [ -n "$from" ]; then
  head -c 1 -- "$from" >/dev/null || exit ${notRead}
  exec <"$from"
fi
exec 5>&1
if [ -n "$path" ]; then
  [ -L "$path" ] || [ ! -d "$path" ] || { echo 'Is a directory' >&2; exit ${notWritten}; }
  if [ "$file" = "$path" ]; then
    [ ! -L "$path" ] || { echo 'Too many levels of symbolic links' >&2; exit ${notWritten}; }
    [ ! -e "$path" ] || size=$(stat -c %s -- "$path") || exit ${notWritten}
  fi
  (umask 077; exec dd if=/dev/null of="$file" conv=notrunc oflag=append,nofollow status=none) || exit ${notWritten}
  exec 5>>"$file"
  [ "$gap" = 0 ] || head -c "$gap" /dev/zero >&5 || { put_back; exit ${notWritten}; }
fi

# Not to be ended by it ourselves, as there is something to clean up; the programs are.
trap : HUP INT TERM
answers=$(exec 3>&1; { { all 0 "$@" | keep; } 6>&1 | hash; } 7>&1 | count)

good=0
for answer in $answers; do
  case $answer in good | blake2b:?* | bytes:?*) good=$((good + 1)) ;; esac
done
if [ $good = "$expected" ] && [ -n "$path" ]; then
  chmod -- "$mode" "$file" && { [ -z "$settled" ] || sync -- "$file"; } && { [ "$file" = "$path" ] || mv -fT -- "$file" "$path"; }
  code=$?
  [ $code = 0 ] || { good=0 answers="$answers file:$code"; }
fi
[ $good = "$expected" ] || [ -z "$path" ] || put_back
exec 5>&-
printf '\\n%s\\n' "$(echo $answers)"`;
