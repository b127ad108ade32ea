/** Texts of a trading system, its libraries and its engineers that hold no secret, though many speak of one. */
export const ORDINARY: readonly string[] = `
password=None
password=""
password=null, user="ktrdr"
DB_PASSWORD is not set
DB_PASSWORD not set, using the default
PGPASSWORD: unset
Invalid password
invalid username or password
wrong password for user ktrdr
password authentication failed for user "ktrdr"
FATAL: password authentication failed for user "ktrdr" (host=10.0.0.3)
no password supplied
password: must be at least 8 characters
password: field required
password: required
password must contain a digit
passwords do not match
The password has expired
passwordless login is enabled
password_hash column missing
password_policy: strict
password_file=/run/secrets/db_password
POSTGRES_PASSWORD_FILE=/run/secrets/postgres
password=\${DB_PASSWORD}
password=$DB_PASSWORD
password: {{ db_password }}
password=%(password)s
password=%s
password=<password>
password=***
password: ********
password=[redacted]
password=[REDACTED]
password=xxxx
password=os.environ["DB_PASSWORD"]
password = os.getenv("DB_PASSWORD")
password=settings.db_password
password = self._password
password: str
password: str = None
password: Optional[str] = None
def connect(host: str, password: str, timeout: int = 3)
TypeError: connect() missing 1 required positional argument: 'password'
TypeError: connect() got an unexpected keyword argument 'password'
KeyError: 'password'
SecretStr('**********')
Settings(db_password=SecretStr('**********'), host='db')
ValidationError: 1 validation error for Settings: password - Field required
Missing fields: ['username', 'password', 'email']
required: ["api_key", "symbol", "timeframe"]
INSERT INTO users (name, password, email) VALUES (?, ?, ?)
SELECT password FROM users WHERE name = $1
ALTER USER ktrdr PASSWORD NULL
api_key=None is not allowed
api_key: missing
api key not found
API key required
API key is missing
API key is invalid or expired
Invalid API key
Incorrect API key provided
set OPENAI_API_KEY: required
OPENAI_API_KEY is not set
OPENAI_API_KEY not found in environment
OPENAI_API_KEY environment variable is missing
export OPENAI_API_KEY=$OPENAI_API_KEY
api_key=os.environ.get("ANTHROPIC_API_KEY")
ANTHROPIC_API_KEY: not configured
The api_key client option must be set either by passing api_key to the client or by setting the OPENAI_API_KEY environment variable
apiKey: undefined
"apiKey": null
X-Api-Key header is required
api_key_id: 42
api_keys: 3 configured
token: expired
token: invalid
token expired at 2026-01-09T06:00:25Z
token=None
token: null
token_type: bearer
token_type=bearer
"token_type": "Bearer"
token_count=4096
token_ids=[101, 2023, 102]
token_url: https://auth.example.com/oauth/token
tokenUrl=https://auth.example.com/oauth/token
tokens used: 15342
tokens: 15342
total_tokens: 18234, max_tokens=4096
max_tokens: 4096
max_tokens must be at least 1
input_tokens=1200 output_tokens=340
"prompt_tokens": 1200, "completion_tokens": 340
max_new_tokens=512
tokens per second: 41.5
tokens_per_second=41.5
rate limit of 30000 tokens per minute reached
claude-sonnet-4-20250514 used 15342 tokens
tokens of claude-sonnet-4-20250514 exceeded
tokenizer=bpe
tokenizer: loaded
tokenizer_path=models/tokenizer.json
TokenizerError: vocabulary missing
pad_token=[PAD]
eos_token: </s>
special_tokens: ["<pad>", "<eos>"]
"tokens": ["the", "market", "closed"]
SyntaxError: Unexpected token '<', "<!DOCTYPE "... is not valid JSON
SyntaxError: Unexpected token } in JSON at position 42
unexpected token: punc (})
invalid token 'foo' at line 3
JSON parse error: unrecognized token 'None'
Bearer token required
Bearer token is missing
bearer authentication failed
WWW-Authenticate: Bearer realm="ktrdr", error="invalid_token"
Authorization header missing
Authorization: missing
Authorization required
Authorization header must start with Bearer
authorization failed for user ktrdr
basic auth is disabled
Basic authentication required
Basic training finished
auth: disabled
auth=none
auth_type=basic
auth failed
authentication: required
Not authenticated
Author: ann
author: ktrdr team
authority: https://login.example.com
secret not configured
secret not found
secret "db-credentials" not found
secrets: 3 loaded
secret_name: db-credentials
secret_id=projects/ktrdr/secrets/db
secret: /run/secrets/db
MountVolume.SetUp failed for volume "creds": secret "ktrdr-db" not found
The secretary is out
credentials: missing
credentials not provided
credentials=None
NoCredentialsError: Unable to locate credentials
could not validate credentials
Could not validate credentials
credentials_path=/app/config/gcp.json
missing key feature_rsi_14_close_1h
missing key: close
KeyError: 'hidden_layers'
KeyError: 'close_price_normalized_v2'
key error in column close
key not found: AAPL
key=AAPL
key: AAPL_1h
key 'hidden_layers' is missing
unknown key "learning_rate"
cache key AAPL_1d_20240101_20241231 not found
cache key: AAPL_1d_20240101_20241231
cache_key=AAPL_1d_20240101_20241231
cache key 311f09dbf4e531e9817381c84dfd4028c2c3b517
cache miss for key ktrdr:data:AAPL:1h:2024-01-01
redis key ktrdr:op:op_training_20260109_060025_4183136f expired
feature keys: rsi_14, macd_12_26_9
feature_keys=['rsi_14', 'macd_12_26_9']
primary key id
PRIMARY KEY (operation_id)
foreign key fk_checkpoints_operation violated
violates foreign key constraint "fk_checkpoints_operation_id"
Key (id)=(4f1c2d3e) already exists
DETAIL: Key (operation_id)=(op_training_20260109_060025_4183136f) already exists.
duplicate key value violates unique constraint "operations_pkey"
sort key: created_at
partition_key=AAPL
idempotency_key: 7b1c9d3e-5a41-4b7e-9c55-0a4be1f1a001
idempotency key 7b1c9d3e-5a41-4b7e-9c55-0a4be1f1a001 was used
public key: ssh-ed25519
public_key=loaded
host key verification failed
keyboard interrupt
keyword argument
hotkey pressed
monkey
keys: 12
press any key to continue
GET /api/v1/data?key=AAPL&timeframe=1h
GET /api/v1/data?symbol=AAPL&token_type=bearer
GET /api/v1/operations?status=running&limit=10
signature mismatch for model AAPL_1h_lstm_v20240101a
signature: mismatch
signature verification failed
function signature: train(symbol, timeframe)
Invalid signature for model models/v3_minimal/1h_v1/model.pt
cookie jar empty
cookies disabled
cookie: missing
sessions: 4
session closed
session_id=agent_session_42
session op_agent_research_20260109_060025_4183136f
passed=17 failed=2
passed: 17
bypass=true
bypass cache
compass: north
pass: 3 of 5
validation pass: 3 of 5
forward pass: loss is nan
first pass: done
backward pass failed
pass through
passing symbol
passive order
path=/app/models
pattern=head_and_shoulders
patience: 10
compat: true
spat: none
trading pair EURUSD
salt lake city
seed=42
seed: 42
random_seed=1234567890
nonce mismatch
hash=311f09dbf4e531e9817381c84dfd4028c2c3b517
licence: MIT
license: Apache-2.0
otp not required
pin memory is enabled
pin_memory=True
account: paper
account type: margin
account_id: 42
accounts: 3
username=ktrdr
user=ktrdr host=db port=5432
user: ann
login failed for user ann
IB Gateway login failed
IB error 162: Historical Market Data Service error message:No data of type EODChart is available
Error 162: Historical Market Data Service error
Error 200, reqId 12: No security definition has been found for the request
Error 502: Couldn't connect to TWS. Confirm that "Enable ActiveX and Socket Clients" is enabled
clientId 1 already in use
EURUSD 2023-01-01T00:00:00+00:00
commit 311f09dbf4e531e9817381c84dfd4028c2c3b517
git hash 311f09d
image ktrdr-backend:311f09dbf4e5
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
ghcr.io/ktrdr/backend@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
md5 d41d8cd98f00b204e9800998ecf8427e
etag "33a64df551425fcc55e4d42a148795d9f25f89d4"
trace 4bf92f3577b34da6a3ce929d0e0e4736 not found
traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
span 00f067aa0ba902b7
token of trace 4bf92f3577b34da6a3ce929d0e0e4736
uuid 123e4567-e89b-12d3-a456-426614174000
request 7b1c9d3e-5a41-4b7e-9c55-0a4be1f1a001
op_training_20260109_060025_4183136f was cancelled
op_data_load_20260109_060025_4183136f key op_backtesting_20261123_070418_6aa5643a
worker training-worker-08b9a625 is busy
training-worker-accc5f34
container 3f4e8a9b2c1d
models/v3_minimal/1h_v1/model.pt
model file missing: models/v3_minimal/1h_v1/model_v12.pt, key models/v3_minimal/1h_v1/model_v12.pt
hf_model_meta_llama_3_8b_instruct
npm_config_registry=https://registry.example.com
npm_lifecycle_event=test
sk-learn-compatible-estimator
gl-transition-effect
key-value-store-is-empty-and-cold
AKIA is a prefix
eyJ is base64
xox is a game
/app/ktrdr/training/pipeline.py
File "/app/ktrdr/training/pipeline.py", line 412, in train
File "/usr/local/lib/python3.12/site-packages/jose/jwt.py", line 157, in decode
jwt.exceptions.ExpiredSignatureError: Signature has expired
jwt decode failed
jwt: malformed
redis://redis:6379/0
postgresql://db:5432/ktrdr
postgresql+asyncpg://ktrdr@db:5432/ktrdr
http://localhost:8000/api/v1/workers and jaeger.internal:16686 and 10.0.0.5:5002
https://sqlalche.me/e/20/f405
https://example.com/@ann/post
https://example.com:8443/users/@me
http://[::1]:8000/x
http://{host}:{port}/api
tcp://0.0.0.0:5002
ssh root@ktrdr.dev docker ps
ssh ann@gpu.internal.example.com nvidia-smi
scp ann@gpu.example.com:/tmp/x .
git clone git@github.com:ktrdr/ktrdr.git
root@ktrdr.dev
postgresql@14-main.service
lodash@4.17.21
@decorator
docker run -u 1000:1000 ktrdr
docker run -p 8000:8000 ktrdr
ssh -p 2222 host
mysql -h db -u root ktrdr
psql -h db -p 5432 -U ktrdr
curl -u ann http://api:8000
cp -p a b
chown -R 1000:1000 /app
loss=0.0034 val_loss=0.0051
accuracy: 0.57
sharpe=1.34
2026-01-09 06:00:25,123 ERROR ktrdr.training: failed
Traceback (most recent call last):
httpx.ConnectError: [Errno 111] Connection refused
asyncio.exceptions.TimeoutError
sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at "db", port 5432 failed
torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB
RuntimeError: Error(s) in loading state_dict for LSTM: size mismatch for fc.weight
ValueError: Input contains NaN
pydantic_core._pydantic_core.ValidationError: 2 validation errors for StrategyConfig
Strategy file not found at strategies/bollinger.yaml
Symbol EURUSD not found
Worker registration failed: 409 Conflict
Operation was RUNNING but no worker claimed it
checkpoint ckpt_00000012 is corrupt
Adam(lr=0.001, betas=(0.9, 0.999))
GPU-7f3c5e9a-1b2c-4d5e-8f90-a1b2c3d4e5f6
U.S. market closed
DU is a prefix
F1 score 0.81
S&P 500
AT&T
R&D; done
a && b || c
x -> y => z
5 < 6 > 4
`
  .split('\n')
  .filter((line) => line !== '');
