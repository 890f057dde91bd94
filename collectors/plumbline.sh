#!/bin/sh
# Plumbline for machines that have a shell and curl but no Node: opens a run, pushes what the tools wrote, seals, prints the verdict.
# POSIX sh (dash, busybox ash); needs curl and awk, uses gzip where there is one. `plumbline.sh --help` teaches it.
set -u
LC_ALL=C
export LC_ALL

URL=${PLUMBLINE_URL:-http://127.0.0.1:8420}
URL=${URL%/}
ATTEMPTS=${PLUMBLINE_ATTEMPTS:-6}
BACKOFF_S=${PLUMBLINE_BACKOFF_S:-1}
LONGEST_PAUSE_S=60          # however long a Retry-After asks for
TIMEOUT_S=${PLUMBLINE_TIMEOUT_S:-300}
GZIP_FROM_BYTES=65536       # below that the header costs more than gzip saves
SCRATCH=

EXIT_REGRESSION=1
EXIT_INCONCLUSIVE=2
EXIT_BAD_INPUT=3
EXIT_UNAVAILABLE=4

usage() {
  cat <<'HELP'
plumbline.sh: measurements of this machine into Plumbline, with nothing but sh and curl

  plumbline.sh open --project P --suite S --name NAME --version VERSION [options]    prints the runId
  plumbline.sh push RUN KIND FILE [param=value ...]                                  prints the receipt (JSON)
  plumbline.sh seal RUN [WAIT]                                                       prints the verdict (JSON)
  plumbline.sh environment                                                           prints what this machine is (JSON)

A whole nightly:

  run=$(plumbline.sh open --project acme --suite offload --name nvlink-driver --version 2.4.1+nvf1.0+k5.19+riscv64)
  LC_ALL=C perf stat -j -o stat.json -- ./bench > latency.csv
  plumbline.sh push "$run" pmu stat.json format=perf-stat-json region=bench repetition=1
  plumbline.sh push "$run" samples latency.csv format=csv repetition=1
  plumbline.sh seal "$run" 60s

open
  --project P --suite S        required
  --name N --version V         the thing under test, required; --commit C --branch B --digest D where known
  --kind K                     nightly (default), pr, release, canary or control
  --environment FILE           JSON to send instead of what is captured here ('-': standard input)
  --label KEY=VALUE            any number of them
  --idempotency-key KEY        opening again with the same key answers the same run; one is made up if not given

push
  KIND is ebpf, pmu, gpu, wcet, samples, events, or environment (merged into the run's environment).
  FILE is what the tool wrote, as it wrote it; '-' reads standard input. Parameters go into the query: format, repetition, region, metric,
  unit, better, at (epoch ns), exposure (s), sequence, task, frequencyHz, labels.NAME. Pushing the same file twice counts once. Files from
  64 KiB are sent with gzip where there is one.

seal
  Closes the run and waits for the verdict for WAIT in all (default 60s; '2m' and plain seconds are read, too).

PLUMBLINE_URL    the service, default http://127.0.0.1:8420
PLUMBLINE_TOKEN  sent as a bearer token; never shown on a command line

Busy or unreachable services (429, 5xx, no connection) are tried again up to PLUMBLINE_ATTEMPTS times (default 6) with growing pauses from
PLUMBLINE_BACKOFF_S (default 1), or as long as Retry-After says.

Exit codes: 0 pass, drift or improvement (and anything but seal that worked), 1 regression, 2 inconclusive, 3 bad input, 4 unavailable.
HELP
}

say() { printf 'plumbline.sh: %s\n' "$*" >&2; }

fail() { # CODE MESSAGE
  code=$1
  shift
  say "$@"
  exit "$code"
}

scratch() { # makes the folder for this call's bodies, once
  [ -n "$SCRATCH" ] && return
  SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/plumbline.XXXXXX") || fail "$EXIT_UNAVAILABLE" "cannot make a folder under ${TMPDIR:-/tmp}"
  trap 'rm -rf "$SCRATCH"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# ---- JSON out, JSON in, queries ----

json_string() { # TEXT: as a JSON string
  printf '%s\n' "$1" | awk '
    BEGIN {
      for (i = 1; i < 32; i++) escape[sprintf("%c", i)] = sprintf("\\u%04x", i)
      escape["\""] = "\\\""; escape["\\"] = "\\\\"; escape["\t"] = "\\t"; escape["\r"] = "\\r"
      printf "\""
    }
    {
      if (NR > 1) printf "\\n"
      for (i = 1; i <= length($0); i++) { c = substr($0, i, 1); printf "%s", (c in escape) ? escape[c] : c }
    }
    END { printf "\"" }'
}

OBJECT=
begin_object() { OBJECT=; }
add_raw() { [ -z "$2" ] || OBJECT="${OBJECT}${OBJECT:+,}\"$1\":$2"; }   # KEY JSON, left out when empty
add_text() { [ -z "$2" ] || add_raw "$1" "$(json_string "$2")"; }        # KEY TEXT, left out when empty
end_object() { [ -z "$OBJECT" ] || printf '{%s}' "$OBJECT"; }            # nothing at all when it has no member

json_member() { # NAME FILE: the text of a string member of the outermost object
  awk -v name="$1" '
    { text = text $0 "\n" }
    END {
      depth = 0; length_ = length(text)
      for (i = 1; i <= length_; i++) {
        c = substr(text, i, 1)
        if (c == "\"") {
          value = ""
          for (i++; i <= length_; i++) {
            c = substr(text, i, 1)
            if (c == "\\") { i++; value = value substr(text, i, 1); continue }
            if (c == "\"") break
            value = value c
          }
          if (depth == 1 && afterColon) { if (key == name) { print value; exit } }
          else key = value
        }
        else if (c == "{" || c == "[") depth++
        else if (c == "}" || c == "]") depth--
        if (c == ":") afterColon = 1
        else if (c == "," || c == "{" || c == "}") afterColon = 0
      }
    }' "$2"
}

url_encode() {
  printf '%s\n' "$1" | awk '
    BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = sprintf("%%%02X", i) }
    {
      if (NR > 1) printf "%%0A"
      for (i = 1; i <= length($0); i++) { c = substr($0, i, 1); printf "%s", c ~ /[A-Za-z0-9._~-]/ ? c : code[c] }
    }'
}

# ---- one request, tried again while that can help ----

STATUS=
pause_before_retry() { # ATTEMPT: Retry-After in seconds if the service said so, else a doubling pause
  asked=$(awk 'tolower($1) == "retry-after:" { gsub(/[\r ]/, "", $2); if ($2 ~ /^[0-9]+$/) print $2 }' "$SCRATCH/headers" 2>/dev/null | tail -n 1)
  if [ -n "$asked" ]; then
    pause=$asked
  else # also for a Retry-After that is a date: this machine's clock may be anything
    pause=$BACKOFF_S
    doubled=1
    while [ "$doubled" -lt "$1" ]; do
      pause=$((pause * 2))
      doubled=$((doubled + 1))
    done
  fi
  [ "$pause" -le "$LONGEST_PAUSE_S" ] || pause=$LONGEST_PAUSE_S
  [ "$pause" -eq 0 ] || sleep "$pause"
}

request() { # METHOD PATH [curl arguments]: body into $SCRATCH/body, code into STATUS; ends the script where trying again cannot help
  method=$1
  path=$2
  shift 2
  attempt=1
  while :; do
    : > "$SCRATCH/body"
    : > "$SCRATCH/headers"
    # The token comes by standard input (-K -), since a command line can be read by every user of the machine.
    STATUS=$(
      if [ -n "${PLUMBLINE_TOKEN:-}" ]; then
        printf 'header = "Authorization: Bearer %s"\n' "$(printf '%s' "$PLUMBLINE_TOKEN" | sed 's/[\\"]/\\&/g')"
      fi | curl -K - -sS -X "$method" -o "$SCRATCH/body" -D "$SCRATCH/headers" -w '%{http_code}' --connect-timeout 10 --max-time "$TIMEOUT_S" \
        -H 'Expect:' "$@" "$URL$path" 2> "$SCRATCH/error"
    )
    failure=$?
    case $failure in
      0)
        case $STATUS in
          408 | 429 | 5??) why="$method $URL$path answered $STATUS" ;;
          *) return 0 ;;
        esac
        ;;
      5 | 6 | 7 | 16 | 18 | 28 | 35 | 52 | 55 | 56 | 92) why=$(cat "$SCRATCH/error") ;; # not resolved, refused, cut off, timed out
      *) fail "$EXIT_UNAVAILABLE" "$(cat "$SCRATCH/error")" ;;
    esac
    if [ "$attempt" -ge "$ATTEMPTS" ]; then
      [ ! -s "$SCRATCH/body" ] || cat "$SCRATCH/body" >&2
      fail "$EXIT_UNAVAILABLE" "$why; gave up after $attempt attempts"
    fi
    say "$why; trying again ($attempt of $ATTEMPTS)"
    pause_before_retry "$attempt"
    attempt=$((attempt + 1))
  done
}

refuse_unless() { # CODE...: the answer must be one of these
  for expected in "$@"; do [ "$STATUS" != "$expected" ] || return 0; done
  detail=$(json_member detail "$SCRATCH/body" 2>/dev/null)
  [ -n "$detail" ] || detail=$(cat "$SCRATCH/body")
  if [ "$STATUS" = 422 ] || [ "$STATUS" = 409 ]; then cat "$SCRATCH/body" >&2; fi # these point at lines, fields and missing receipts
  fail "$EXIT_BAD_INPUT" "the service answered $STATUS: $detail"
}

# ---- what this machine is ----

first_line_of() { [ -r "$1" ] && tr -d '\000' < "$1" 2>/dev/null | head -n 1 | sed 's/[[:space:]]*$//'; }

cpuinfo() { # NAME: the first value of that line of /proc/cpuinfo
  awk -F ':' -v name="$1" '{ key = $1; sub(/[ \t]+$/, "", key) } key == name { sub(/^[^:]*:[ \t]*/, ""); print; exit }' /proc/cpuinfo 2>/dev/null
}

without_placeholder() { # TEXT: nothing when a board maker left the field as it came
  case $1 in
    '' | None | none | 'Not Specified' | 'Not Applicable' | 'Default string' | 'To be filled by O.E.M.' | 'To Be Filled By O.E.M.' | Unknown | unknown | '[N/A]' | N/A | '[Not Supported]') ;;
    *) printf '%s' "$1" ;;
  esac
}

dmi() { without_placeholder "$(first_line_of "/sys/class/dmi/id/$1")"; }

isa_name() {
  case $(uname -m) in
    amd64 | x86_64) echo x86_64 ;;
    arm64 | aarch64) echo aarch64 ;;
    *) uname -m ;;
  esac
}

cpu_model() {
  model=$(cpuinfo 'model name')
  [ -n "$model" ] || model=$(cpuinfo uarch) # RISC-V: the core's name, where the device tree knows it
  if [ -z "$model" ] && [ -n "$(cpuinfo mvendorid)" ]; then model="$(cpuinfo mvendorid)-$(cpuinfo marchid)-$(cpuinfo mimpid)"; fi
  if [ -z "$model" ] && [ -n "$(cpuinfo 'CPU part')" ]; then
    model="$(cpuinfo 'CPU implementer')-$(cpuinfo 'CPU part')-$(cpuinfo 'CPU variant')-$(cpuinfo 'CPU revision')"
  fi
  printf '%s' "$model"
}

hypervisor_name() { # kvm, qemu, … or nothing on bare metal or where nobody can tell
  if command -v systemd-detect-virt > /dev/null 2>&1; then
    found=$(systemd-detect-virt --vm 2>/dev/null)
    [ "$found" = none ] || printf '%s' "$found"
  elif command -v lscpu > /dev/null 2>&1; then
    lscpu 2>/dev/null | awk -F ':' '$1 == "Hypervisor vendor" { sub(/^[ \t]+/, "", $2); print tolower($2) }'
  fi
}

# true: the processor itself is computed by software (QEMU's TCG), so no time measured here means anything. false: a real processor, also
# inside a virtual machine. Nothing: cannot be told from in here.
emulated() {
  case $(cpuinfo 'model name') in *'QEMU TCG'*) echo true && return ;; esac
  case $1 in
    x86_64)
      case " $(cpuinfo flags) " in
        *' hypervisor '*)
          case $2 in
            qemu) echo true ;; # by CPUID: the TCG signature
            kvm | microsoft | vmware | xen | amazon | bhyve | oracle) echo false ;;
          esac
          ;;
        *' fpu '*) echo false ;;
      esac
      ;;
    riscv64)
      tree=$(tr '\000' ' ' < /proc/device-tree/compatible 2>/dev/null)
      case $tree in
        *riscv-virtio*) [ "$(cpuinfo mvendorid)-$(cpuinfo marchid)" != 0x0-0x0 ] || echo true ;; # KVM would pass the host's ids on
        ?*) echo false ;;
      esac
      ;;
    aarch64)
      [ "$(cpuinfo 'CPU implementer')" != 0x00 ] || { echo true && return; } # QEMU's own "max" processor
      tree=$(tr '\000' ' ' < /proc/device-tree/compatible 2>/dev/null)
      case $tree in
        *dummy-virt*) ;;
        ?*) echo false ;;
      esac
      ;;
  esac
}

clock_json() { # from chronyc -c tracking; offsetNs > 0: this machine's clock is ahead
  command -v chronyc > /dev/null 2>&1 || return 0
  chronyc -c tracking 2>/dev/null | awk -F ',' -v now="$(date +%s)" '
    function magnitude(x) { return x < 0 ? -x : x }
    NF >= 14 {
      source = $2 ~ /^(PHC|PTP)/ ? "ptp" : ($2 ~ /^(PPS|GPS|NMEA)/ ? "gnss" : "ntp")
      if ($1 == "00000000" || $14 == "Not synchronised") { print "{\"source\":\"ntp\",\"synchronised\":false}"; exit }
      # chronyc goes on saying Normal when the source is lost: eight updates without news, and at least 2048 s, count as lost
      silence = 8 * $13 > 2048 ? 8 * $13 : 2048
      printf "{\"source\":\"%s\",\"synchronised\":%s,\"offsetNs\":%.0f,\"uncertaintyNs\":%.0f}\n", source,
        (now - $4 > silence ? "false" : "true"), -$5 * 1e9, (magnitude($5) + $12 + $11 / 2) * 1e9
      exit
    }'
}

gpus_json() {
  command -v nvidia-smi > /dev/null 2>&1 || return 0
  list=
  rows=$(nvidia-smi --query-gpu=name,uuid,vbios_version,driver_version --format=csv,noheader 2>/dev/null) || return 0
  while IFS=, read -r model uuid vbios driver; do
    [ -n "$model" ] || continue
    begin_object
    add_text model "$(without_placeholder "$model")"
    add_text uuid "$(without_placeholder "${uuid# }")"
    add_text vbios "$(without_placeholder "${vbios# }")"
    add_text driver "$(without_placeholder "${driver# }")"
    list="$list${list:+,}$(end_object)"
  done <<ROWS
$rows
ROWS
  [ -z "$list" ] || printf '[%s]' "$list"
}

cpu_json() {
  begin_object
  add_text model "$(cpu_model)"
  add_text microcode "$(cpuinfo microcode)"
  cores=$(grep -c '^processor' /proc/cpuinfo 2>/dev/null)
  [ "${cores:-0}" -eq 0 ] || add_raw cores "$cores"
  end_object
}

toolchain_json() {
  command -v gcc > /dev/null 2>&1 || return 0
  begin_object
  add_text version "$(gcc -dumpfullversion 2>/dev/null || gcc -dumpversion 2>/dev/null)"
  [ -z "$OBJECT" ] || add_text name gcc
  end_object
}

conditions_json() { # HYPERVISOR
  begin_object
  add_text governor "$(first_line_of /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor)"
  add_text smt "$(first_line_of /sys/devices/system/cpu/smt/control)"
  case $(first_line_of /sys/devices/system/cpu/intel_pstate/no_turbo) in 0) add_text turbo on ;; 1) add_text turbo off ;; esac
  add_text clocksource "$(first_line_of /sys/devices/system/clocksource/clocksource0/current_clocksource)"
  add_text hypervisor "$1"
  end_object
}

os_name() {
  [ -r /etc/os-release ] || return 0
  # shellcheck disable=SC1091
  (. /etc/os-release && printf '%s' "${ID:-}${VERSION_ID:+ $VERSION_ID}")
}

environment_json() {
  isa=$(isa_name)
  hypervisor=$(hypervisor_name)
  board=$(dmi board_name)
  [ -n "$board" ] || board=$(dmi product_name)
  [ -n "$board" ] || board=$(first_line_of /proc/device-tree/model)
  cpu=$(cpu_json)
  toolchain=$(toolchain_json)
  gpus=$(gpus_json)
  conditions=$(conditions_json "$hypervisor")
  begin_object
  add_text bios "$(dmi bios_version)"
  firmware=$(end_object)

  begin_object
  add_text isa "$isa"
  add_text board "$board"
  add_text boardRevision "$(dmi board_version)"
  add_text hostname "$(uname -n)"
  add_raw cpu "$cpu"
  add_text os "$(os_name)"
  add_text kernel "$(uname -r)"
  add_raw toolchain "$toolchain"
  add_raw gpus "$gpus"
  add_raw firmware "$firmware"
  add_raw emulated "$(emulated "$isa" "$hypervisor")"
  add_raw clock "$(clock_json)"
  add_raw conditions "$conditions"
  end_object
}

# ---- the commands ----

run_open() {
  project='' suite='' kind=nightly name='' version='' commit='' branch='' digest='' environment='' key='' labels=''
  while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || fail "$EXIT_BAD_INPUT" "$1 needs a value; see --help"
    case $1 in
      --project) project=$2 ;;
      --suite) suite=$2 ;;
      --kind) kind=$2 ;;
      --name) name=$2 ;;
      --version) version=$2 ;;
      --commit) commit=$2 ;;
      --branch) branch=$2 ;;
      --digest) digest=$2 ;;
      --environment) environment=$2 ;;
      --idempotency-key) key=$2 ;;
      --label)
        case $2 in ?*=*) ;; *) fail "$EXIT_BAD_INPUT" "--label wants KEY=VALUE, not '$2'" ;; esac
        labels="$labels${labels:+,}$(json_string "${2%%=*}"):$(json_string "${2#*=}")"
        ;;
      *) fail "$EXIT_BAD_INPUT" "open does not know '$1'; see --help" ;;
    esac
    shift 2
  done
  if [ -z "$project" ] || [ -z "$suite" ] || [ -z "$name" ] || [ -z "$version" ]; then
    fail "$EXIT_BAD_INPUT" 'open needs --project, --suite, --name and --version; see --help'
  fi
  case $environment in
    '') environment=$(environment_json) ;;
    -) environment=$(cat) ;;
    *) [ -r "$environment" ] || fail "$EXIT_BAD_INPUT" "cannot read $environment"
       environment=$(cat "$environment") ;;
  esac
  [ -n "$key" ] || key=$(cat /proc/sys/kernel/random/uuid 2>/dev/null) || key="$(uname -n)-$$-$(date +%s)"
  begin_object
  add_text name "$name"
  add_text version "$version"
  add_text commit "$commit"
  add_text branch "$branch"
  add_text digest "$digest"
  subject=$(end_object)
  begin_object
  add_text project "$project"
  add_text suite "$suite"
  add_text kind "$kind"
  add_raw subject "$subject"
  add_raw environment "$environment"
  add_raw labels "${labels:+{$labels\}}"
  scratch
  end_object > "$SCRATCH/request"
  request POST /v1/runs -H 'Content-Type: application/json' -H "Idempotency-Key: $key" --data-binary "@$SCRATCH/request"
  refuse_unless 200 201
  run=$(json_member runId "$SCRATCH/body")
  [ -n "$run" ] || fail "$EXIT_UNAVAILABLE" "no runId in the answer: $(cat "$SCRATCH/body")"
  printf '%s\n' "$run"
}

run_push() {
  [ $# -ge 3 ] || fail "$EXIT_BAD_INPUT" 'push needs RUN KIND FILE; see --help'
  run=$1
  kind=$2
  file=$3
  shift 3
  method=POST
  case $kind in
    ebpf | pmu | gpu | wcet | samples | events) ;;
    environment) method=PUT ;;
    *) fail "$EXIT_BAD_INPUT" "'$kind' is not one of ebpf, pmu, gpu, wcet, samples, events, environment" ;;
  esac
  query=
  for parameter in "$@"; do
    case $parameter in ?*=*) ;; *) fail "$EXIT_BAD_INPUT" "parameters are name=value, not '$parameter'" ;; esac
    query="$query${query:+&}$(url_encode "${parameter%%=*}")=$(url_encode "${parameter#*=}")"
  done
  scratch
  if [ "$file" = - ]; then
    cat > "$SCRATCH/input"
    file=$SCRATCH/input
  fi
  if [ ! -f "$file" ] || [ ! -r "$file" ]; then fail "$EXIT_BAD_INPUT" "cannot read $file"; fi
  [ -s "$file" ] || fail "$EXIT_BAD_INPUT" "$file is empty: the tool wrote nothing"
  bytes=$(wc -c < "$file")
  path="/v1/runs/$(url_encode "$run")/$kind${query:+?$query}"
  if [ "$bytes" -ge "$GZIP_FROM_BYTES" ] && command -v gzip > /dev/null 2>&1 && gzip -c < "$file" > "$SCRATCH/packed"; then
    request "$method" "$path" -H 'Content-Type: application/octet-stream' -H 'Content-Encoding: gzip' --data-binary "@$SCRATCH/packed"
  else
    request "$method" "$path" -H 'Content-Type: application/octet-stream' --data-binary "@$file"
  fi
  refuse_unless 200 201
  cat "$SCRATCH/body"
  echo
}

run_seal() {
  [ $# -ge 1 ] || fail "$EXIT_BAD_INPUT" 'seal needs RUN; see --help'
  run=$1
  case ${2:-60s} in
    *m) left=${2%m} unit=60 ;;
    *s) left=${2:-60s} left=${left%s} unit=1 ;;
    *) left=$2 unit=1 ;;
  esac
  case $left in '' | *[!0-9]*) fail "$EXIT_BAD_INPUT" "'$2' is not a time such as 60s or 2m" ;; esac
  left=$((left * unit))
  scratch
  deadline=$(($(date +%s) + left))
  while :; do
    wait=$((deadline - $(date +%s)))
    [ "$wait" -ge 0 ] || wait=0
    [ "$wait" -le 120 ] || wait=120
    request POST "/v1/runs/$(url_encode "$run")/seal?wait=${wait}s" # a second seal of a sealed run only asks for its verdict
    refuse_unless 200 202
    [ "$STATUS" = 202 ] || break
    [ "$(date +%s)" -lt "$deadline" ] || fail "$EXIT_UNAVAILABLE" "run $run is sealed, its verdict was not there within ${left}s"
    sleep 1
  done
  cat "$SCRATCH/body"
  echo
  verdict=$(json_member status "$SCRATCH/body")
  case $verdict in
    pass | drift | improvement) exit 0 ;;
    regression) exit "$EXIT_REGRESSION" ;;
    inconclusive) exit "$EXIT_INCONCLUSIVE" ;;
    *) fail "$EXIT_UNAVAILABLE" "the answer holds no verdict status" ;;
  esac
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  open | push | seal)
    command -v curl > /dev/null 2>&1 || fail "$EXIT_UNAVAILABLE" 'curl is not installed'
    "run_$command" "$@"
    ;;
  environment)
    environment_json
    echo
    ;;
  -h | --help | help) usage ;;
  '')
    usage >&2
    exit "$EXIT_BAD_INPUT"
    ;;
  *) fail "$EXIT_BAD_INPUT" "'$command' is not open, push, seal or environment; see --help" ;;
esac
