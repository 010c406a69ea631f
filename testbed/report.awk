# Reads JUnit's XML reports (Surefire's, Failsafe's and the console launcher's) and prints a line for each test case:
#   passed|failed|skipped TAB class.method TAB why
# Tags are split at ">", so an element is one record; CDATA sections are kept apart, for a test may print XML.

BEGIN { RS = ">"; OFS = "\t" }

FNR == 1 { finish(); inData = 0 }

{
  if (inData) {
    if (expectReason) takeReason($0)
    if ($0 ~ /\]\]$/) inData = 0
    next
  }
  if (match($0, /<!\[CDATA\[/)) {
    data = substr($0, RSTART + RLENGTH)
    if (data !~ /\]\]$/) inData = 1
    if (expectReason) takeReason(data)
    next
  }
  if (expectReason && reason == "" && $0 !~ /^[ \t\r\n]*</) reason = firstLine($0)
}

# <testcase name="..." classname="...">, possibly closed at once
/<testcase[ \t\r\n]/ {
  finish()
  open = 1; state = "passed"; reason = ""; expectReason = 0
  name = attribute("classname") "." attribute("name")
  if ($0 ~ /\/$/) finish()
  next
}
open && /<(failure|error)([ \t\r\n\/]|$)/ { verdict("failed"); next }
open && /<skipped([ \t\r\n\/]|$)/ { verdict("skipped"); next }
open && /<\/(failure|error|skipped)$/ { expectReason = 0; next }
/<\/testcase$/ { finish() }

END { finish() }

# A test can fail and be told of more than once; a failure outweighs the rest.
function verdict(what,   message) {
  if (state == "failed") return
  state = what
  message = attribute("message")
  reason = firstLine(message != "" ? message : (what == "failed" ? attribute("type") : ""))
  expectReason = reason == "" && $0 !~ /\/$/
}

# Data is split at ">" as well, so its first line may come in several records.
function takeReason(text) {
  reason = reason (reason == "" ? "" : ">") text
  if (reason ~ /[^ \t\r\n][ \t]*[\r\n]/ || text ~ /\]\]$/) {
    reason = firstLine(reason)
    expectReason = 0
  }
}

function finish() {
  if (open) print state, name, reason == "" && state != "passed" ? "(no reason given)" : reason
  open = 0
}

function attribute(key,   text) {
  if (!match($0, "[ \t\r\n]" key "=\"[^\"]*\"")) return ""
  text = substr($0, RSTART, RLENGTH)
  sub(/^[^"]*"/, "", text)
  sub(/"$/, "", text)
  return text
}

function firstLine(text) {
  gsub(/&#(10|xa|xA);/, "\n", text)
  sub(/^[ \t\r\n]+/, "", text)
  sub(/^org\.opentest4j\.[A-Za-z]+: (Assumption failed: )?/, "", text)
  sub(/[\r\n].*/, "", text)
  sub(/\]\]$/, "", text)
  sub(/<\/[a-z]+$/, "", text)
  gsub(/\t/, " ", text)
  gsub(/&lt;/, "<", text)
  gsub(/&gt;/, ">", text)
  gsub(/&quot;/, "\"", text)
  gsub(/&apos;/, "'", text)
  gsub(/&amp;/, "\\&", text)
  return substr(text, 1, 300)
}
