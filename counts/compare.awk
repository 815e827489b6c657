# Prints what was counted for each message, and what is more, or less, than recorded. Ends with an error if anything is more.
# Usage: pattern=PATTERN awk -v margin=PERCENT -v recording=0 -f compare.awk RECORDED COUNTED

function exceeds(column, name, limit) {
  if ($column <= limit) return
  failed = failed sprintf("%s  %s: %d %s, limit %d (recorded %d) for %d messages\n", \
    worse, $1, $column, name, limit, recorded[$1, column], $2)
}

function falls_short(column, name, limit) {
  if ($column >= limit) return
  better = better sprintf("better  %s: %d %s, recorded %d\n", $1, $column, name, recorded[$1, column])
}

BEGIN { worse = recording ? "more   " : "FAILED " }

/^#/ || NF == 0 { next }

FILENAME == ARGV[1] {
  for (column = 2; column <= NF; column++) recorded[$1, column] = $column
  if ($1 ~ ENVIRON["pattern"]) missing[$1]
  next
}

FNR == 1 {
  printf "%-34s %14s %8s %12s %10s %10s %10s\n", \
    "for each message", "instructions", "change", "allocations", "reads", "writes", "flushes"
}

NF != 7 || $3 <= 0 { failed = failed sprintf("%s  %s: not counted\n", worse, $1); next }

{
  delete missing[$1]
  change = "new"
  if (!(($1, 2) in recorded) || recorded[$1, 2] != $2) {
    failed = failed sprintf("%s  %s: not recorded with %d messages\n", worse, $1, $2)
  } else {
    before = recorded[$1, 3]
    change = sprintf("%+.2f%%", 100 * ($3 - before) / before)
    exceeds(3, "instructions", int(before * (1 + margin / 100)))
    falls_short(3, "instructions", int(before * (1 - margin / 100)))
    split("allocations reads writes flushes", names, " ")
    for (i = 1; i <= 4; i++) {
      exceeds(3 + i, names[i], recorded[$1, 3 + i])
      falls_short(3 + i, names[i], recorded[$1, 3 + i])
    }
  }
  printf "%-34s %14.1f %8s %12.4f %10.4f %10.4f %10.4f\n", $1, $3 / $2, change, $4 / $2, $5 / $2, $6 / $2, $7 / $2
}

END {
  for (name in missing) failed = failed sprintf("%s  %s: recorded, and not counted any more\n", worse, name)
  if (better != "") printf "\n%s", better
  if (failed != "") printf "\n%s", failed
  if (better failed != "" && !recording) print "if that is meant to be: counts/run --record, and say why in the commit"
  exit failed != ""
}
