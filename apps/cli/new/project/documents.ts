import type { Files } from '../plan.js';

/** What a new project says of itself, and what its CI does. */
export function documentsOf(name: string): Files {
  return { 'README.md': readme(name), '.ci/run': ciRun(), 'jest.kernel.config.js': kernelSpecs() };
}

function readme(name: string): string {
  return `# ${name}

A modular monolith in one deployable: each module owns a PostgreSQL schema, a role that reaches nothing else, and its
migrations, and speaks to the others only by messages. The walls between them are checked.

## Run it

\`\`\`sh
npm start     # installs what is missing, starts an embedded PostgreSQL, migrates, serves on http://localhost:3000
npm test      # installs what is missing, runs every spec of the modules
\`\`\`

You need Linux with Node 20 or newer and npm; the right Node comes as a package. On other systems install the Node that
\`.node-version\` names. The first start makes an administrator and prints the password once. The API is on
<http://localhost:3000/docs>: sign in by \`POST /identity/sessions\`, then \`POST /guestbook/entries\`.

## Make it yours

\`\`\`sh
npx seamline new module parcels --entity parcel           # a module, whole: contract, domain, tables, routes, specs
npx seamline new event parcels.parcel-lost --key parcelId
npx seamline new command parcels.search-parcel
npx seamline new query parcels.whereabouts
npx seamline new use-case parcels.write-off-parcel
\`\`\`

\`guestbook\` is there to be read, and then to be deleted: its folder, its line in \`apps/monolith/monolith.module.ts\` and
its name in \`topology.json\`. \`identity\` is who can sign in; where you have accounts elsewhere, delete it too and name the
place of their keys in \`IDENTITY_JWKS_URL\`.

| where | what |
|---|---|
| \`src/modules/<module>/\` | a bounded context; begin with its README |
| \`src/shared-kernel/\` | the mechanism every module needs identically; [its README](src/shared-kernel/README.md) tells how delivery works |
| \`apps/monolith/\` | \`monolith.module.ts\` is the list of all modules |
| \`apps/host/\`, \`apps/cli/\` | what makes a process an app; the command line |
| \`topology.json\` | which app holds which modules, and how apps reach each other |
| \`docs/\` | every message, drawn; how to read a broken wall; what to do when a message is stuck; why things are so |

## Check it

| | |
|---|---|
| \`npm run check\` | format, types, the walls between modules, and whether what is written from the sources is stale |
| \`npx seamline graph\`, \`npx seamline contract release\` | write from the sources what others read |
| \`npm run test:kernel\` | the kernel's own specs, for when you change it; some minutes |
| \`.ci/run\` | what CI runs |
| \`npx seamline --help\` | the rest |
`;
}

function kernelSpecs(): string {
  return `import base from './jest.config.js';

/** \`npm run test:kernel\`: the kernel's own specs, for those who change it. */
export default { ...base, testMatch: ['<rootDir>/src/shared-kernel/**/*.spec.ts'] };
`;
}

function ciRun(): string {
  return `#!/usr/bin/env bash
# What CI runs on a clean checkout, and what anybody may run before pushing. It needs Node 20 and npm and nothing else.
# Every step runs, whatever became of those before; the exit code is not 0 if any failed.
set -uo pipefail
cd "$(dirname "$0")/.."

readonly STOP_WITHIN_S=5
failed=0
table=''

# step NAME COMMAND…: runs it, and notes how it went and how long it took.
step() {
  local name=$1 started=$SECONDS outcome=ok
  shift
  printf '\\n── %s\\n' "$name"
  "$@" || { outcome=FAILED failed=1; }
  table+=$(printf '%-24s %-8s %4s s' "$name" "$outcome" $((SECONDS - started)))$'\\n'
}

# A fresh start on a port of the system's choice, a look at its health, and a stop.
smoke() {
  local home log url='' outcome=1
  home=$(mktemp -d) log=$(mktemp)
  SEAMLINE_HOME=$home PORT=0 npm start >"$log" 2>&1 &
  server=$!
  for _ in $(seq 900); do
    url=$(sed -nE 's/.* is ready on (http[^ ]+).*/\\1/p' "$log")
    if [ -n "$url" ] || ! kill -0 "$server" 2>/dev/null; then break; fi
    sleep 0.1
  done
  if [ -n "$url" ] && URL=$url node -e 'fetch(process.env.URL + "/health/ready").then(({ ok }) => process.exit(ok ? 0 : 1))'; then
    outcome=0
  fi
  stop_server || outcome=1
  [ "$outcome" = 0 ] || tail -n 50 "$log"
  rm -rf "$home" "$log"
  return "$outcome"
}

stop_server() {
  kill -TERM "$server" 2>/dev/null
  for _ in $(seq $((STOP_WITHIN_S * 10))); do
    kill -0 "$server" 2>/dev/null || return 0
    sleep 0.1
  done
  echo "The system did not stop within $STOP_WITHIN_S s."
  kill -KILL "$server"
  return 1
}

server=''
trap '[ -z "$server" ] || kill -TERM "$server" 2>/dev/null' EXIT

step 'npm test' npm test
step 'npm run check' npm run check
step 'npm run test:kernel' npm run test:kernel
step 'npm start, stop' smoke

printf '\\n%s\\n' "$table"
exit "$failed"
`;
}
