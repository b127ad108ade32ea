export interface ServerState {
  /** False while it can't serve. Risky settings are listed as problems, but the queue still works with them. */
  readonly works: boolean;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** Why a server of this kind can't be used, in one sentence; null when it can. */
export function kindProblemIn(info: string): string | null {
  const mode = fieldsIn(info).get('redis_mode');
  if (mode === 'cluster')
    return 'REDIS_URL points to a Redis Cluster, which is not supported: use a single Redis, or Redis with Sentinel.';
  if (mode === 'sentinel')
    return 'REDIS_URL points to a Redis Sentinel: write redis+sentinel://host:26379,host:26379/master-name.';
  return null;
}

/** Managed servers hide some fields, which isn't a problem. */
function fieldsIn(info: string): ReadonlyMap<string, string> {
  return new Map(
    info.split(/\r?\n/).flatMap((line) => {
      const [name, value] = line.split(/:(.*)/s);
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

export function stateIn(info: string): ServerState {
  const fields = fieldsIn(info);
  const problems: string[] = [];
  const policy = fields.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    problems.push(`Redis may discard jobs when its memory is full (maxmemory-policy ${policy}): set it to noeviction.`);
  }
  if (fields.get('aof_enabled') === '0') {
    problems.push('Redis loses waiting requests and digests when it restarts: set appendonly yes.');
  }
  if (fields.get('aof_last_write_status') === 'err') {
    problems.push('Redis can’t write its append-only file: check for a full or failing disk.');
  }
  if (fields.get('role') === 'slave') {
    problems.push('Redis is a replica, which rejects writes. Set REDIS_URL to the primary.');
  }
  problems.push(...memoryProblems(fields));
  const isLoading = fields.get('loading') === '1';
  if (isLoading) problems.push('Redis is still loading its data.');
  return { works: !isLoading, problems };
}

/** Share of its memory limit above which Redis may soon be unable to take requests. */
const NEARLY_FULL = 0.9;
const MIB = 1024 * 1024;

function memoryProblems(fields: ReadonlyMap<string, string>): readonly string[] {
  const [used, most] = ['used_memory', 'maxmemory'].map((name) => Number(fields.get(name) ?? 0));
  if (used === undefined || !most || used < NEARLY_FULL * most) return [];
  const sizes = `${Math.round(used / MIB)} of ${Math.round(most / MIB)} MiB`;
  if (used >= most) return [`Redis has used up its memory (${sizes}): raise maxmemory.`];
  return [`Redis has nearly used up its memory (${sizes}): raise maxmemory, or it will reject requests.`];
}
