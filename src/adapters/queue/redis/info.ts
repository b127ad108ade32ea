export interface ServerState {
  /** False while it cannot serve. Bad settings are problems, but the queue still works with them. */
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
    problems.push(
      `Redis may throw away jobs when its memory is full (maxmemory-policy ${policy}): set it to noeviction.`,
    );
  }
  // Managed servers hide the setting, which is no problem by itself.
  if (fields.get('aof_enabled') === '0') {
    problems.push('Redis forgets waiting questions and digests when it restarts: set appendonly yes.');
  }
  const isLoading = fields.get('loading') === '1';
  if (isLoading) problems.push('Redis is still loading its data.');
  return { works: !isLoading, problems };
}
