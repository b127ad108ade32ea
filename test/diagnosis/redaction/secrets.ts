/**
 * Texts with made-up secrets, of the kinds and in the shapes in which spans, settings, commands and tracebacks hold them.
 * Every secret is made at run time: the prefix of a maker's token never stands beside a body in this file.
 */
import { type Random, randomFrom } from './random.ts';

export interface Example {
  readonly kind: string;
  readonly text: string;
  /** What must not be seen: the secrets, or the words of a passphrase but the first. */
  readonly secrets: readonly string[];
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const HEX = '0123456789abcdef';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const DIGITS = '0123456789';
const URL_SAFE = `${ALPHANUMERIC}_-`;

/** A secret without punctuation that ends it. */
function plainSecret(random: Random): string {
  return random.pick([
    () => random.text(random.pick([10, 16, 22, 32, 43]), ALPHANUMERIC),
    () => random.text(random.pick([32, 40, 64]), HEX),
    () =>
      random.text(8, ALPHANUMERIC) + random.pick(['-', '_', '.', '/', '+', '!', '$']) + random.text(7, ALPHANUMERIC),
    () => `${Buffer.from(random.text(15, ALPHANUMERIC)).toString('base64')}`,
    () =>
      `${random.pick(['Winter', 'summer', 'Tr0ub4dor', 'letmein', 'Zürich'])}${random.text(5, DIGITS)}${random.pick(['', '!', '#'])}`,
  ])();
}

/** One that only a quotation holds together. */
function oddSecret(random: Random): string {
  const part = () => random.text(6, ALPHANUMERIC);
  return random.pick([
    () => `${part()};${part()}`,
    () => `${part()},${part()}`,
    () => `${part()}&${part()}`,
    () => `${part()} ${part()}`,
    () => `${part()}=${part()}:${part()}`,
    () => `${part()}@${part()}/${part()}`,
    () => `${part()})${part()}]`,
    () => `${part()}<${part()}>${part()}`,
    () => plainSecret(random),
  ])();
}

const PHRASES = ['velvet anchor mustard lantern', 'seven purple otters dancing', 'granite pickle umbrella tango swift'];

const NAMES = [
  'password',
  'Password',
  'PASSWORD',
  'passwd',
  'db_password',
  'dbPassword',
  'DB_PASS',
  'PGPASSWORD',
  'MYSQL_PWD',
  'user-password',
  'passphrase',
  'spring.datasource.password',
  'secret',
  'client_secret',
  'clientSecret',
  'CLIENT-SECRET',
  'jwt_secret',
  'SECRET_KEY',
  'SECRET_KEY_BASE',
  'aws_secret_access_key',
  'token',
  'access_token',
  'accessToken',
  'authToken',
  'SLACK_BOT_TOKEN',
  'discordToken',
  'x-auth-token',
  'id_token',
  'GITLAB_PAT',
  'githubPat',
  'api_key',
  'apiKey',
  'apikey',
  'X-Api-Key',
  'POLYGON_API_KEY',
  'anthropicApiKey',
  'private_key',
  'encryption_key',
  'signingKey',
  'account_key',
  'credentials',
  'ib_password',
  'api_key_v2',
  'DB_PASSWORD_PROD',
  'password1',
  'openai_token',
  'redis_passwd',
  'KTRDR_AUTH_JWT_SECRET',
  'ALPACA_SECRET_KEY',
  'webhook_secret',
] as const;

type Shape = (name: string, secret: string) => string;

const html = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#x27;');
const json = (value: unknown) => JSON.stringify(value);
const python = (text: string) => (text.includes("'") ? `"${text}"` : `'${text}'`);
const plural = (name: string) => (/[\ds]$/.test(name) ? name : `${name}s`);
const element = (name: string) => name.replace(/[^\w.-]/g, '');

/** Shapes whose quotation or tags hold any secret together. */
const QUOTED: Record<string, Shape> = {
  'double quotes': (n, s) => `settings: ${n}="${s}", retries=3`,
  'single quotes': (n, s) => `${n} = '${s}'`,
  'typed assignment': (n, s) => `${n.replaceAll('-', '_')}: str = "${s}"`,
  'go assignment': (n, s) => `${n} := "${s}"`,
  comparison: (n, s) => `assert config.${n} == "${s}", "differs"`,
  'ruby hash': (n, s) => `{:user => "ann", "${n}" => "${s}"}`,
  'php call': (n, s) => `define('${n}', '${s}');`,
  'call arguments': (n, s) => `os.environ.setdefault("${n}", "${s}")`,
  'index assignment': (n, s) => `os.environ["${n}"] = "${s}"`,
  json: (n, s) => json({ host: 'db', port: 5432, [n]: s, retries: 3 }),
  'pretty json': (n, s) => JSON.stringify({ user: 'ann', [n]: s }, null, 2),
  'json in json': (n, s) => `body=${json({ request: json({ [n]: s, id: 7 }) })}`,
  'json in json in json': (n, s) => json({ a: json({ b: json({ [n]: s, x: 1 }) }) }),
  'json with escaped signs': (n, s) =>
    json({ m: `${n}=${json(s)}` })
      .replaceAll('=', '\\u003d')
      .replaceAll('\\"', '\\u0022'),
  'python dict': (n, s) => `{'user': 'ann', '${n}': ${python(s)}, 'port': 5432}`,
  'python environ': (n, s) => `environ({'HOME': '/root', '${n}': ${python(s)}, 'LANG': 'C'})`,
  'pair list': (n, s) => `[('user', 'ann'), ('${n}', ${python(s)})]`,
  'asgi headers': (n, s) => `[(b'host', b'api:8000'), (b'${n.toLowerCase()}', b'${s}')]`,
  bytes: (n, s) => `Client(${n}=b'${s}', timeout=3)`,
  SecretStr: (n, s) => `Settings(host='db', ${n}=SecretStr('${s}'), port=5432)`,
  'rust debug': (n, s) => `Config { user: "ann", ${n}: Some("${s}"), port: 5432 }`,
  'header array': (n, s) => `http.request.header.${n.toLowerCase()} = ["${s}"]`,
  list: (n, s) => json({ [plural(n)]: [s, [...s].reverse().join('')] }),
  'kubernetes env': (n, s) => json([{ name: n, value: s }]),
  'otlp attribute': (n, s) => json({ key: `db.${n}`, value: { stringValue: s } }),
  'xml element': (n, s) => `<config><user>ann</user><${element(n)}>${html(s)}</${element(n)}></config>`,
  'xml with namespace': (n, s) => `<wsse:${element(n)} Type="text">${html(s)}</wsse:${element(n)}>`,
  'xml attribute': (n, s) => `<connection user="ann" ${element(n)}="${html(s)}" port="1"/>`,
  'xml pair': (n, s) => `<add key="${n}" value="${html(s)}" />`,
  'xml name and value': (n, s) => `<property><name>${n}</name><value>${html(s)}</value></property>`,
  'html-encoded': (n, s) => html(`<input name="x"> ${n}="${s}"`),
  'html-encoded json': (n, s) => html(json({ [n]: s, next: 1 })),
  'url-encoded json': (n, s) => `state=${encodeURIComponent(json({ [n]: s, next: 1 }))}&x=1`,
  'traceback locals': (n, s) =>
    `Traceback:\n  File "/app/db.py", line 12, in connect\n    user = 'ann'\n    ${n.replaceAll('-', '_')} = ${python(s)}\nOSError: no`,
  'cut off': (n, s) => `could not connect: Connection(host='db', ${n}='${s}`,
  'cut off json': (n, s) => json({ user: 'ann', [n]: s }).slice(0, -3),
  'sql literal': (n, s) =>
    `CREATE USER ktrdr WITH ${n.includes('assw') ? 'PASSWORD' : 'ENCRYPTED PASSWORD'} '${s}' VALID UNTIL 'infinity'`,
  'sql identified': (_n, s) => `CREATE USER 'ann'@'%' IDENTIFIED BY '${s}'`,
  toml: (n, s) => `[db]\nhost = "x"\n${n} = "${s}"\n`,
  'curl header': (_n, s) => `curl -H "X-Api-Key: ${s}" https://api.example.com/v1`,
};

/** Shapes without quotation marks: the secret has no character that would end it. */
const BARE: Record<string, Shape> = {
  env: (n, s) => `HOME=/root ${n}=${s} LANG=C.UTF-8`,
  'env lines': (n, s) => `PATH=/bin\n${n}=${s}\nLANG=C`,
  export: (n, s) => `+ export ${n}=${s}`,
  'docker option': (n, s) => `docker run -e ${n}=${s} ktrdr:latest`,
  colon: (n, s) => `${n}: ${s}`,
  arrow: (n, s) => `${n} => ${s}`,
  'spaced equals': (n, s) => `${n} = ${s}`,
  'url query': (n, s) => `GET /v1/x?symbol=AAPL&${n}=${encodeURIComponent(s)}&limit=5 HTTP/1.1`,
  'form body': (n, s) => `grant_type=client_credentials&${n}=${encodeURIComponent(s)}&scope=all`,
  'encoded twice': (n, s) => encodeURIComponent(encodeURIComponent(`a=1&${n}=${s}&b=2`)),
  'url-encoded': (n, s) => `redirect=${encodeURIComponent(`https://x/?${n}=${s}&b=2`)}`,
  option: (n, s) => `ktrdr serve --${n.toLowerCase().replaceAll('_', '-')} ${s} --port 8000`,
  'option equals': (n, s) => `ktrdr serve --${n.toLowerCase().replaceAll('_', '-')}=${s} --port 8000`,
  'java property': (n, s) => `java -D${n}=${s} -jar app.jar`,
  yaml: (n, s) => `db:\n  host: x\n  ${n}: ${s}\n  port: 5432\n`,
  'yaml block': (n, s) => `db:\n  ${n}: |\n    ${s}\n  port: 5432\n`,
  'yaml list': (n, s) => `${plural(n)}:\n  - ${s}\n  - ${[...s].reverse().join('')}\nport: 1\n`,
  'dsn words': (n, s) => `host=db port=5432 user=ktrdr ${n}=${s} dbname=ktrdr`,
  'ado string': (_n, s) => `Server=db;Database=ktrdr;User Id=ann;Password=${s};Encrypt=True`,
  'dataclass repr': (n, s) => `Config(host=db, ${n}=${s}, port=5432)`,
  'log fields': (n, s) => `level=error msg="no" ${n}=${s} took=3ms`,
  'in parentheses': (n, s) => `connection refused (${n}=${s})`,
  'json of text': (n, s) => json({ message: `failed with ${n}=${s}\nnext line` }),
  netrc: (_n, s) => `machine db login ann password ${s}`,
};

const ADDRESSES: Record<string, (secret: string) => string> = {
  postgres: (s) => `could not connect to postgresql+asyncpg://ktrdr:${s}@db:5432/ktrdr?ssl=no`,
  'redis without user': (s) => `redis://:${s}@redis:6379/0 timed out`,
  mongodb: (s) => `mongodb+srv://ann:${s}@c0.example.net,c1.example.net:27017/x`,
  amqp: (s) => `'amqp://guest:${s}@mq:5672//'`,
  https: (s) => `fatal: https://ann:${s}@git.example.com/ktrdr.git not found`,
  quoted: (s) => json({ url: `mysql://root:${s}@10.0.0.3/x` }),
  cut: (s) => `OperationalError at postgresql://ktrdr:${s}`,
};

const HEADERS: Record<string, (secret: string) => string> = {
  bearer: (s) => `Authorization: Bearer ${s}`,
  'lower case': (s) => `authorization: bearer ${s}\naccept: */*`,
  'in a dict': (s) => `{'Authorization': 'Bearer ${s}', 'Accept': '*/*'}`,
  'in an array': (s) => `http.request.header.authorization = ["Bearer ${s}"]`,
  'without scheme': (s) => `Authorization: ${s}`,
  'in a sentence': (s) => `rejected bearer ${s} of the worker`,
  basic: (s) => `Proxy-Authorization: Basic ${Buffer.from(`ann:${s}`).toString('base64')}`,
  'basic in a sentence': (s) => `sent Basic ${Buffer.from(`ann:${s}`).toString('base64')} to it`,
  cookie: (s) => `Cookie: theme=dark; session=${s}`,
  'set-cookie': (s) => `Set-Cookie: sid=${s}; Path=/; HttpOnly`,
  'cookie array': (s) => `http.request.header.cookie = ["theme=dark; session=${s}"]`,
  'cookie dict': (s) => `cookies={'theme': 'd', 'session': '${s}'}`,
  'curl user': (s) => `curl -u ann:${s} http://api:8000/x`,
  'requests auth': (s) => `requests.get(url, auth=('ann', '${s}'))`,
  sshpass: (s) => `sshpass -p ${s} ssh ann@host`,
  'nested credentials': (s) => json({ credentials: { user: 'ann', pass: s, note: s } }),
};

type Maker = (random: Random) => string;
const token =
  (prefix: string, length: number, alphabet = ALPHANUMERIC): Maker =>
  (random) =>
    prefix + random.text(length, alphabet);

/** Prefixes are split, so that no tool takes this file for a leak. */
const TOKENS: Record<string, Maker> = {
  'slack bot': (r) => `${'xo'}xb-${r.text(12, DIGITS)}-${r.text(12, DIGITS)}-${r.text(24, ALPHANUMERIC)}`,
  'slack refresh': token(`${'xo'}xe.${'xo'}xp-1-`, 120),
  'github server': token(`${'gh'}s_`, 36),
  'github fine-grained': token(`${'github'}_pat_`, 70),
  'gitlab runner': token(`${'gl'}rt-`, 20, URL_SAFE),
  'gitlab trigger': token(`${'gl'}ptt-`, 40, HEX),
  'aws id': token(`${'AS'}IA`, 16, UPPER),
  'google key': token(`${'AI'}za`, 35, URL_SAFE),
  'google client': token(`${'GOC'}SPX-`, 28, URL_SAFE),
  'google access': token(`${'ya'}29.a0`, 80, URL_SAFE),
  'google refresh': token(`${'1/'}/0g`, 60, URL_SAFE),
  'openai project': token(`${'s'}k-proj-`, 100, URL_SAFE),
  openai: token(`${'s'}k-`, 48),
  anthropic: token(`${'s'}k-ant-api03-`, 90, URL_SAFE),
  openrouter: token(`${'s'}k-or-v1-`, 64, HEX),
  'stripe restricted': token(`${'r'}k_live_`, 40),
  'stripe webhook': token(`${'wh'}sec_`, 32),
  sendgrid: (r) => `${'S'}G.${r.text(22, URL_SAFE)}.${r.text(43, URL_SAFE)}`,
  vault: token(`${'hv'}s.CAES`, 90, URL_SAFE),
  grafana: (r) => `${'gl'}sa_${r.text(32, ALPHANUMERIC)}_${r.text(8, HEX)}`,
  npm: token(`${'np'}m_`, 36),
  pypi: token(`${'py'}pi-AgEIcHlwaS5vcmc`, 90, URL_SAFE),
  docker: token(`${'dckr'}_pat_`, 27, URL_SAFE),
  'hugging face': token(`${'h'}f_`, 34),
  databricks: token(`${'da'}pi`, 32, HEX),
  linear: token(`${'lin'}_api_`, 40),
  notion: token(`${'nt'}n_`, 46),
  shopify: token(`${'shp'}at_`, 32, HEX),
  age: token(`AGE-${'SECRET'}-KEY-1`, 58, UPPER),
  digitalocean: token(`${'do'}p_v1_`, 64, HEX),
  telegram: (r) => `${r.text(10, DIGITS)}:${'A'}A${r.text(33, URL_SAFE)}`,
  discord: (r) => `${'M'}T${r.text(22, ALPHANUMERIC)}.${r.text(6, URL_SAFE)}.${r.text(38, URL_SAFE)}`,
  postman: (r) => `${'PM'}AK-${r.text(24, HEX)}-${r.text(34, HEX)}`,
  atlassian: token(`${'ATA'}TT3xFfGF0`, 120, URL_SAFE),
  sentry: token(`${'sn'}tryu_`, 64, HEX),
  'new relic': token(`${'NR'}AK-`, 27, UPPER),
  planetscale: token(`${'pscale'}_tkn_`, 43, URL_SAFE),
  pulumi: token(`${'pu'}l-`, 40, HEX),
  groq: token(`${'gs'}k_`, 52),
  replicate: token(`${'r'}8_`, 37),
  jwt: (r) => `${'ey'}J${r.text(30, URL_SAFE)}.${'ey'}J${r.text(80, URL_SAFE)}.${r.text(43, URL_SAFE)}`,
  mailgun: token(`${'ke'}y-`, 32, HEX),
  twilio: token(`${'S'}K`, 32, HEX),
  azure: (r) => `${r.text(3, ALPHANUMERIC)}${'8Q'}~${r.text(34, ALPHANUMERIC)}`,
  'discord webhook': (r) => `https://discord.com/api/webhooks/${r.text(18, DIGITS)}/${r.text(68, URL_SAFE)}`,
  'teams webhook': (r) =>
    `https://acme.webhook.office.com/webhookb2/${r.text(36, HEX)}@${r.text(36, HEX)}/IncomingWebhook/${r.text(32, HEX)}/${r.text(36, HEX)}`,
  'slack webhook': (r) =>
    `https://hooks.slack.com/${'serv'}ices/T${r.text(8, UPPER)}/B${r.text(8, UPPER)}/${r.text(24, ALPHANUMERIC)}`,
  'telegram address': (r) => `https://api.telegram.org/bot${r.text(10, DIGITS)}:${'A'}A${r.text(33, URL_SAFE)}/getMe`,
  'ib account': token('DU', 7, DIGITS),
  'ib live account': token('U', 8, DIGITS),
};

const BLOCKS = [
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'PGP PRIVATE KEY BLOCK',
];
const SENTENCES = [
  'request with %s was refused',
  'using %s',
  '%s is not valid',
  'key=%s',
  '["%s"]',
  'see <%s>',
  "it's '%s'",
  'a\\n%s\\nb',
  'x%%3D%s',
];

/** Several examples of every kind and shape, other ones for every seed. */
export function examples(seed: number, rounds: number): readonly Example[] {
  const random = randomFrom(seed);
  return Array.from({ length: rounds }, () => [...namedExamples(random), ...otherExamples(random)]).flat();
}

function namedExamples(random: Random): readonly Example[] {
  const some = () => [random.pick(NAMES), random.pick(NAMES), random.pick(NAMES)];
  const quoted = Object.entries(QUOTED).flatMap(([kind, shape]) =>
    some().map((name) => {
      const secret = kind.includes('html') || kind.startsWith('xml') ? plainSecret(random) : oddSecret(random);
      return { kind, text: shape(name, secret), secrets: [secret] };
    }),
  );
  const bare = Object.entries(BARE).flatMap(([kind, shape]) =>
    some().map((name) => {
      const secret = plainSecret(random);
      return { kind, text: shape(name, secret), secrets: [secret, encodeURIComponent(secret)] };
    }),
  );
  const phrases = PHRASES.flatMap((phrase) => {
    const secrets = phrase.split(' ').slice(1);
    return [`password=${phrase}`, `DB_PASSWORD: ${phrase}\nnext`, `passphrase = "${phrase}"`].map((text) => ({
      kind: 'phrase',
      text,
      secrets,
    }));
  });
  return [...quoted, ...bare, ...phrases];
}

function otherExamples(random: Random): readonly Example[] {
  const addresses = Object.entries(ADDRESSES).map(([kind, shape]) => {
    const secret =
      random.text(7, ALPHANUMERIC) +
      random.pick(['', '%2F', '%40', '!', '$', "'", ...(kind === 'https' ? [] : ['/'])]) +
      random.text(6, ALPHANUMERIC);
    return { kind, text: shape(secret), secrets: [secret] };
  });
  const headers = Object.entries(HEADERS).map(([kind, shape]) => {
    const secret = random.text(random.pick([12, 20, 40]), ALPHANUMERIC);
    const text = shape(secret);
    return { kind, text, secrets: [secret, Buffer.from(`ann:${secret}`).toString('base64')] };
  });
  const tokens = Object.entries(TOKENS).map(([kind, make]) => {
    const secret = make(random);
    return {
      kind,
      text: random
        .pick(SENTENCES)
        .replace('%s', () => secret)
        .replace('%%', '%'),
      secrets: [secret.slice(-20)],
    };
  });
  const blocks = BLOCKS.flatMap((title) => {
    const lines = [random.text(64, ALPHANUMERIC), random.text(64, ALPHANUMERIC)];
    const whole = `-----BEGIN ${title}-----\n${lines.join('\n')}\n-----END ${title}-----`;
    return [whole, whole.replaceAll('\n', '\\n'), whole.slice(0, 120)].map((text) => ({
      kind: 'key block',
      text: `read ${text}`,
      secrets: lines,
    }));
  });
  return [...addresses, ...headers, ...tokens, ...blocks];
}
