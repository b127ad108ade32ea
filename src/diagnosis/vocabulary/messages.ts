/** How messages quote one another, and which sentences of ktrdr and its libraries mean that a connection failed. */

/**
 * What ktrdr and its libraries write around another message, which is the first group. Only these: a known sentence behind
 * any other words may be a quotation, an example, or a warning.
 */
const WRAPPERS: readonly RegExp[] = [
  /^(?:Training|Backtest|Design|Assessment|Child operation) failed: (.+)$/s,
  /^(?:Design|Assessment) dispatch failed: (.+)$/s,
  /^(?:Training start failed|Failed to start (?:training|backtest)|Worker failed to resume): (.+)$/s,
  /^Training start failed on worker \S+ \([^)]*\): (.+)$/s,
  /^Host service (?:connection failed|timeout|error(?: \(HTTP \d+\))?|communication error): (.+)$/s,
  /^(?:HTTP|Unexpected) error for (?:GET|POST) \S+: (.+)$/s,
  /^Request timed out after \d+ attempts: (.+)$/s,
  /^(?:Fetch|Validation|Symbol info|Fatal|Internal server) error: (.+)$/s,
  /^All retries exhausted\. Last error: (.+)$/s,
  /^Failed to get operation status(?: for \S+)?: (.+)$/s,
  /^Failed to fetch context data from '[^']+': (.+)\. Context data is required for this model — backtest cannot proceed without it\.$/s,
  // A KeyError's message, which Python quotes.
  /^"([^"]+)"$/,
  // The code of a ktrdr error.
  /^\[[A-Z]+-\w+\] (.+)$/s,
  // SQLAlchemy wraps its driver's error.
  /^\((?:\w+\.)+\w+\) (?:<class '[\w.]+'>: )?(.+)$/s,
  // A type of exception, with its module, as `str()` of a chained one or a span's description has it.
  /^(?:\w+\.)+(_?[A-Z]\w*(?:Error|Exception|Timeout|Refused): .+)$/s,
  /^_?[A-Z]\w*(?:Error|Exception|Timeout|Refused): (.+)$/s,
  // aiohttp and urllib wrap the socket's error.
  /^Cannot connect to host \S+ ssl:\S+ \[(.+)\]$/s,
  /^<urlopen error (.+)>$/s,
  /^HTTPS?ConnectionPool\(.*\(Caused by (\w+\(.+\))\)$/s,
  /^\w+Error\(["']?(?:<[^>]*>|\w+\([^)]*\)): (.+?)["']?\)$/s,
  /^Failed to establish a new connection: (.+)$/s,
  /^(?:connection failed: )?connection to server at "[^"]+"(?: \([^)]*\))?, port \d+ failed: (?:FATAL: {1,4})?(.+)$/s,
];

/** No message is wrapped deeper. */
const DEEPEST = 8;

/**
 * What a message says, outermost first: itself, its first line where it has several, and each message that it quotes in one
 * of the ways that really occur. `Training failed: No module named 'torch'` → itself, `No module named 'torch'`.
 */
export function sentencesIn(text: string): readonly string[] {
  const found = new Set<string>();
  let next: string | null = text.trim();
  for (let depth = 0; next !== null && next !== '' && depth < DEEPEST; depth++) {
    found.add(next);
    const inner: string | null = quotedIn(next);
    // What SQLAlchemy adds below the first line isn't part of the driver's message.
    const line: string = next.split('\n', 1)[0]?.trim() ?? '';
    if (inner === null) found.add(line);
    next = inner;
  }
  return [...found];
}

function quotedIn(text: string): string | null {
  for (const wrapper of WRAPPERS) {
    const inner = wrapper.exec(text)?.[1]?.trim();
    if (inner !== undefined) return inner;
  }
  return null;
}

export type ConnectionFailure = 'refused' | 'unresolvable' | 'timeout' | 'disconnected';

/** Exceptions of httpx, httpcore, aiohttp, requests, urllib3, asyncio and Python itself that mean one thing only. */
const BY_TYPE: Readonly<Record<ConnectionFailure, RegExp>> = {
  unresolvable: /^(?:gaierror|NameResolutionError|ClientConnectorDNSError)$/,
  // A PoolTimeout is the caller's: its own connection pool had none free, and it sent nothing.
  timeout: /^(?:(?!PoolTimeout$)\w*Timeout(?:Error|Exception)?|timeout)$/,
  refused: /^(?:ConnectionRefused(?:Error)?|NewConnectionError)$/,
  disconnected:
    /^(?:ReadError|WriteError|CloseError|RemoteProtocolError|ProtocolError|ConnectionReset(?:Error)?|ConnectionAbortedError|BrokenPipeError|ServerDisconnectedError|ChunkedEncodingError|IncompleteRead(?:Error)?)$/,
};

/** The same for sentences. Every negative error number is one of getaddrinfo (EAI). */
const BY_SENTENCE: Readonly<Record<ConnectionFailure, RegExp>> = {
  unresolvable:
    /^(?:\[Errno -\d+\] .+|(?:\[Errno \d+\] )?(?:Name or service not known|Temporary failure in name resolution|No address associated with hostname|nodename nor servname provided, or not known|Name does not resolve|Name has no usable address|Non-recoverable failure in name resolution|getaddrinfo failed|No such host is known\.?)|getaddrinfo (?:ENOTFOUND|EAI_\w+)(?: \S+)?|(?:ENOTFOUND|EAI_\w+)(?:: .+)?|could not translate host name "[^"]+" to address: .+|(?:Could not|Failed to) resolve (?:host: ?)?\S+(?: \(.+\))?)$/i,
  timeout:
    /^(?:\[Errno \d+\] )?(?:(?:(?:the )?(?:connection|operation|read|write|connect|request|handshake|read operation|handshake operation)(?: to \S+)? )?timed out\.?(?: \(.*\))?|(?:(?:connection|connect|read|request) )?timeout|connection timeout(?: to host \S+)?|request timed out after \d+ attempts: ?|timeout on reading data from socket|ETIMEDOUT)$/i,
  refused:
    /^(?:all connection attempts failed|(?:\[Errno \d+\] )?(?:connection refused|no route to host|network is unreachable|host is unreachable)(?:\.| \(.*\))?|\[Errno \d+\] Connect call failed \(.+\)|Multiple exceptions: \[Errno \d+\] Connect call failed .+|connect ECONNREFUSED \S+)$/i,
  disconnected:
    /^(?:(?:\[Errno \d+\] )?(?:connection reset by peer|broken pipe)|server disconnected(?: without sending a response)?\.?|peer closed connection without sending complete message body.*|connection lost|connection aborted\.?|socket hang up|read ECONNRESET)$/i,
};

const FAILURES = ['unresolvable', 'timeout', 'refused', 'disconnected'] as const;
/** These say only that there was no connection. */
const NO_CONNECTION = /^(?:ConnectError|ClientConnectorError|ServiceConnectionError)$/;

/** Null for an error of another kind. The type outranks the words; where a type has several meanings, the words decide. */
export function connectionFailureOf(type: string | null, text: string): ConnectionFailure | null {
  const byType = (name: string) => FAILURES.find((failure) => BY_TYPE[failure].test(name)) ?? null;
  const known = type === null ? null : byType(type);
  if (known !== null) return known;
  for (const sentence of sentencesIn(text)) {
    const written = /^(?:\w+\.)*(\w+)(?:[:(]|$)/.exec(sentence)?.[1];
    const said =
      (written === undefined ? null : byType(written)) ??
      FAILURES.find((failure) => BY_SENTENCE[failure].test(sentence));
    if (said != null) return said;
  }
  const written = type ?? /^(?:\w+\.)*(\w+)(?::|$)/.exec(text)?.[1] ?? '';
  return NO_CONNECTION.test(written) ? 'refused' : null;
}
