import { setTimeout as pause } from 'node:timers/promises';
import { BREAKAGES, type Breakage } from './breakage.js';
import { readCounts } from './counts.js';
import { handovers, type Trouble } from './handover.js';
import { Oracle } from './oracle.js';
import { type DatabaseFault, type Fault, makePlan, type WorkerFault } from './plan.js';
import type { Inflicted, Outcome } from './report.js';
import type { Stage } from './stage.js';
import type { Hit, WorkerProcess } from './worker-process.js';

export interface TortureOptions {
  readonly seed: number;
  readonly kills: number;
  readonly workers: number;
  /** How long the load runs at least, in milliseconds. */
  readonly duration: number;
  readonly postgresBin?: string | undefined;
  readonly breakage?: Breakage | undefined;
}

/** Without anything new arriving for so long, what has not arrived never will. In milliseconds. */
const STALLED_AFTER = 45_000;
/** Time for a doubled effect to show itself after everything has arrived. In milliseconds. */
const AFTERMATH = 2_000;
const PROGRESS_EVERY = 5_000;

/** One run on a stage: load, faults, rest, and the oracle's word. */
export class Supervisor {
  private readonly inflicted: Inflicted[] = [];
  private readonly hits: Hit[] = [];
  private readonly troubles: Trouble[] = [];
  private readonly endedByThemselves: string[] = [];
  private readonly begun = Date.now();

  constructor(
    private readonly stage: Stage,
    private readonly options: TortureOptions,
    private readonly say: (line: string) => void,
  ) {}

  async run(): Promise<Outcome> {
    const endedByItself = (life: string, how: string) => this.note(life, how);
    await this.stage.set({ ...this.options, endedByItself });
    const { version } = await this.stage.server;
    this.say(
      `PostgreSQL ${version} and ${this.options.workers} workers run; everything they leave is in ${this.stage.folder}`,
    );
    using _progress = repeatedly(PROGRESS_EVERY, () => this.sayProgress());

    await Promise.all([this.inflictAll(), pause(this.options.duration)]);
    this.say('The load comes to rest.');
    await Promise.all(this.stage.workers.map((worker) => worker.rest()));
    const oracle = new Oracle(this.stage.pool);
    const stuck = await this.drained(oracle);
    await pause(AFTERMATH);
    await Promise.all(this.stage.workers.map((worker) => worker.end()));
    const { handled, dropped } = readCounts(this.stage.folder);
    return {
      postgres: version,
      seconds: (Date.now() - this.begun) / 1_000,
      inflicted: this.inflicted,
      endedByThemselves: this.endedByThemselves,
      stuck,
      judgements: await oracle.judge(),
      dropped,
      inVain: handled - (await oracle.effects()),
      handovers: await handovers(this.stage.pool, this.hits, this.troubles),
    };
  }

  /** Each worker's faults one after the other, and the database's; all of these at the same time. */
  private async inflictAll(): Promise<void> {
    const begin = Date.now();
    const { breakage } = this.options;
    const plan = makePlan({ ...this.options, focus: breakage && BREAKAGES[breakage].focus });
    const lanes = Map.groupBy(plan, (fault) => ('worker' in fault ? fault.worker : 'database'));
    const runLane = async (faults: readonly Fault[]) => {
      for (const fault of faults) {
        await pause(Math.max(0, begin + fault.at - Date.now()));
        this.inflicted.push('worker' in fault ? await this.hitWorker(fault) : await this.hitDatabase(fault));
      }
    };
    await Promise.all([...lanes.values()].map(runLane));
  }

  private async hitWorker(fault: WorkerFault): Promise<Inflicted> {
    const worker = this.stage.workers[fault.worker] as WorkerProcess;
    const hit =
      fault.kind === 'kill' ? await worker.kill(fault.moment) : await worker.freeze(fault.frozenFor, fault.moment);
    this.hits.push(hit);
    if (fault.kind === 'kill') {
      await pause(fault.downFor);
      await worker.start();
    }
    this.troubles.push({ from: hit.at, to: Date.now() });
    return { kind: fault.kind, point: fault.moment?.point, atItsMoment: hit.atItsMoment };
  }

  private async hitDatabase(fault: DatabaseFault): Promise<Inflicted> {
    const from = Date.now();
    if (fault.kind === 'cut') await this.cut(fault.connections);
    else {
      const server = await this.stage.server;
      await server.crash();
      await pause(fault.downFor);
      await server.start();
    }
    this.troubles.push({ from, to: Date.now() });
    return { kind: fault.kind, point: undefined, atItsMoment: true };
  }

  private async cut(connections: number): Promise<void> {
    await this.stage.pool.query(
      `select pg_terminate_backend(pid) from (
         select pid from pg_stat_activity where application_name like 'seamline %' order by random() limit $1) chosen`,
      [connections],
    );
  }

  /** What is missing still when nothing has arrived for long; nothing when all has. */
  private async drained(oracle: Oracle): Promise<string[]> {
    for (let before = '', since = Date.now(); ; await pause(500)) {
      const waiting = await oracle.waiting();
      if (waiting.length === 0) return [];
      if (waiting.join() !== before) since = Date.now();
      before = waiting.join();
      if (Date.now() - since > STALLED_AFTER) return waiting;
    }
  }

  private async sayProgress(): Promise<void> {
    const { rows } = await this.stage.pool.query(
      `select (select count(*) from ledger.entry) as sent, (select count(*) from mirror.posting) as mirrored,
              (select count(*) from audit.posting) as audited, (select count(*) from mirror.parked) as parked`,
    );
    const { sent, mirrored, audited, parked } = rows[0];
    const { dropped } = readCounts(this.stage.folder);
    this.say(
      `${clock(Date.now() - this.begun)}  ${this.inflicted.length} faults, ${sent} sent, ${mirrored} mirrored, ` +
        `${audited} audited, ${parked} parked, ${dropped} dropped by an inbox`,
    );
  }

  private note(life: string, how: string): void {
    this.endedByThemselves.push(`worker ${life}: ${how}`);
    this.say(`Worker ${life} has ended by itself: ${how}`);
  }
}

/** Does it over and over, however it ends: the database may be away. */
function repeatedly(every: number, work: () => Promise<void>): Disposable {
  let working = false;
  const timer = setInterval(async () => {
    if (working) return;
    working = true;
    await work().catch(() => undefined);
    working = false;
  }, every);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function clock(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
