/**
 * What is known of every attribute: those of the runbook's reference, those that ktrdr writes today, and the spellings of newer
 * OpenTelemetry conventions that readers accept. A table in text, because rows that line up are easier to keep right.
 *
 * Columns: name · type · who knows it · spans that carry it today (`-`: none does) · how to read it today (may be empty) · meaning.
 */
export const ATTRIBUTE_TABLE = `
service.name | string | both | every span (resource) | Jaeger keeps it with the process, not among a span's tags. | Name of the process that made the span.
service.version | string | both | every span (resource) | Jaeger keeps it with the process, not among a span's tags. | Version of the program.
deployment.environment | string | both | every span (resource) | Jaeger keeps it with the process, not among a span's tags. | Environment the process runs in, such as development.
otel.status_code | string | both | every span with a status | Absent while unset; "failed" transitions and 4xx answers of servers are not errors. | Status of the span: OK or ERROR.
otel.status_description | string | real | spans in error | | Why the span is in error, mostly "Class: message".
service.method | string | real | service-layer spans such as workers.select, training.start, operations.create | | The service method that the span wraps.
http.method | string | both | POST /…, GET /… (server), POST, GET (client) | | HTTP method of a request.
http.route | string | both | POST /…, GET /… (server) | | Route pattern that served the request.
http.status_code | int | both | POST /…, GET /… (server), POST, GET (client) | Absent, not null, when no connection was made. | HTTP status of the answer.
http.url | string | both | POST /…, GET /… (server), POST, GET (client) | Host and port tell which worker or service was called. | Full address of the request.
http.target | string | both | POST /…, GET /… (server) | Without the query, unlike the runbook says. | Path of the request.
http.scheme | string | real | POST /…, GET /… (server) | | Scheme of the address: http or https.
http.host | string | real | POST /…, GET /… (server) | | Address and port that the server listens on.
http.flavor | string | real | POST /…, GET /… (server) | | Version of HTTP.
http.server_name | string | real | POST /…, GET /… (server) | | Name by which the server was called.
http.user_agent | string | real | POST /…, GET /… (server) | | Program that sent the request.
net.host.name | string | documented | - | Use http.host. | Host name of the server.
net.host.port | int | both | POST /…, GET /… (server) | | Port of the server.
net.peer.name | string | documented | - | Read the host from http.url. | Host that a request was sent to.
net.peer.port | int | both | POST /…, GET /… (server) | On servers, and then it is the caller's port; of a call, read the port from http.url. | Port of the other side.
net.peer.ip | string | real | POST /…, GET /… (server) | | Address of the caller.
asgi.event.type | string | real | … http send, … http receive | These spans repeat their parent and are left out everywhere. | Kind of an ASGI message.
error.type | string | documented | - | Read exception.type from the span's exception event. | Class of the error that made a request fail.
http.request.method | string | newer | - | ktrdr writes http.method. | HTTP method of a request.
http.response.status_code | int | newer | - | ktrdr writes http.status_code. | HTTP status of the answer.
url.full | string | newer | - | ktrdr writes http.url. | Full address of the request.
url.path | string | newer | - | ktrdr writes http.target. | Path of the request.
server.address | string | newer | - | Read the host from http.url. | Host that a request was sent to.
server.port | int | newer | - | Read the port from http.url. | Port that a request was sent to.
peer.service | string | newer | - | Read the host from http.url. | Name of the service that was called.
error.message | string | newer | - | Read exception.message from the span's exception event. | Text of an error.
operation.id | string | both | operation.register, operation.state_transition, operations.create, agent.phase.*, agent.coordinator | For trainings and backtests only on the worker's spans, so a search in ktrdr-api alone finds nothing. | Unique id of the operation.
operation.type | string | both | operation.register, agent.coordinator | Lower case (training, backtesting, data_load); the runbook's TRAINING and DATA_DOWNLOAD never occur. | Type of the operation.
operation.status | string | both | operation.register | Always "pending"; the state is operation.to_status of the last operation.state_transition. | State of the operation.
operation.duration_ms | float | documented | - | The time from the transition to running to the last transition. | How long the operation took.
operation.parent_id | string | real | operation.register | | Operation that started this one.
operation.is_backend_local | bool | real | operation.register | | Whether the backend itself runs it.
operation.from_status | string | real | operation.state_transition | | State before the transition.
operation.to_status | string | real | operation.state_transition | The span's own status is OK even when this is "failed". | State after the transition.
operation.error | string | real | operation.state_transition (to failed) | | Why the operation failed.
operation.cancellation_reason | string | real | operation.state_transition (to cancelled) | | Why the operation was cancelled.
operation.children_cancelled | int | real | operation.state_transition (to cancelled) | | How many child operations were cancelled with it.
operation.resumed | bool | real | operation.state_transition (resume) | The from-status beside it is a guess. | That the transition belongs to a resume.
operations_service.instance_id | string | documented | - | Backend and worker share a database today; nothing on spans tells the instances apart. | Instance of the operations service, to recognise a mismatch.
worker_registry.total_workers | int | documented | - | worker.total_workers on workers.select. | Registered workers of all types.
worker_registry.available_workers | int | documented | - | worker.available_workers on workers.select. | Workers of the right type that are free.
worker_registry.capable_workers | int | documented | - | worker.capable_workers on workers.select. | Workers of the right type, free or not.
worker_registry.selected_worker_id | string | documented | - | worker.selected_id on workers.select. | Worker that was chosen.
worker_registry.selection_status | string | documented | - | worker.selection_status on workers.select; no capable worker shows as worker.capable_workers 0. | Result: SUCCESS, NO_WORKERS_AVAILABLE or NO_CAPABLE_WORKERS.
worker.total_workers | string | real | workers.select | A number written as text; the start of a training makes no such span. | Registered workers of all types and states.
worker.available_workers | string | real | workers.select | A number written as text. | Workers of the right type that are free.
worker.capable_workers | string | real | workers.select | A number written as text. | Workers of the right type in any state.
worker.selected_id | string | real | workers.select | Not the suffix of the worker's service.name: join by http.url of the call. | Worker that was chosen; absent when none was.
worker.selection_status | string | real | workers.select | The span's own status is OK either way. | Result: success or no_workers_available.
worker.id | string | documented | - | worker.selected_id on workers.select. | Id of the worker.
worker.type | string | both | workers.select | Lower case: training, backtesting, agent_design, agent_assessment. | Type of worker.
worker.capabilities | list | documented | - | GET /api/v1/workers of the ktrdr API. | What the worker can do.
worker.status | string | documented | - | GET /api/v1/workers of the ktrdr API. | State of the worker.
dispatch.status | string | documented | - | Status, http.status_code and exception of the client span POST to the worker. | Whether the worker took the operation.
data.symbol | string | both | operation.register, training.data_loading, backtest.data_loading, data.download, ib.fetch_historical | May be "None" or "N/A". | Trading symbol.
data.timeframe | string | both | operation.register, backtest.data_loading, data.download, ib.fetch_historical | Several are joined by commas; training.data_loading writes data.timeframes. | Length of a bar.
data.timeframes | string | real | training.data_loading | | Lengths of bars, joined by commas.
data.start_date | string | both | training.start, data.download, ib.fetch_historical | | First day of the data.
data.end_date | string | both | training.start, data.download, ib.fetch_historical | | Last day of the data.
data.provider | string | documented | - | The spans of ktrdr-ib-host-service show that IB was asked. | Where the data came from.
data.source | string | documented | - | The spans of ktrdr-ib-host-service show that IB was asked. | Where the data came from.
data.bars_requested | int | documented | - | | Bars that were asked for.
data.bars_received | int | documented | - | bars.received on ib.fetch_historical. | Bars that arrived.
bars.received | int | real | ib.fetch_historical | Absent when the request failed. | Bars that arrived from IB.
data.rows | int | both | training.data_loading, backtest.data_loading, backtest.feature_compute | | Rows of the dataset.
data.columns | int | both | training.data_loading | | Columns of the dataset.
data.instrument_type | string | real | ib.fetch_historical | | Kind of instrument that was asked of IB.
indicators.count | int | documented | - | Written on training.indicators until January 2026; indicators have no span of their own today. | Indicators that were computed.
indicators.timeframes | string | real | - | On training.indicators until January 2026. | Timeframes of the indicators, joined by commas.
fuzzy_sets.count | int | real | - | On training.fuzzy_computation until January 2026. | Fuzzy sets that were computed.
training.strategy | string | both | agent.trigger | Usually "None" there; which strategy a training uses is in its record in the ktrdr API. | Strategy that is trained.
training.symbol | string | documented | - | data.symbol on operation.register. | Symbol that is trained on.
training.timeframe | string | documented | - | data.timeframe on operation.register. | Timeframe that is trained on.
training.epochs.total | int | documented | - | Progress in the ktrdr API. | Epochs to train.
training.epochs.completed | int | documented | - | Progress in the ktrdr API. | Epochs that are done.
training.epochs | int | real | - | Only on a span of the training host, which exports nothing. | Epochs to train.
training.current_loss | float | documented | - | GET /api/v1/operations/{id}/metrics of the ktrdr API. | Loss of the last epoch.
training.device | string | documented | - | | Device that trains: cpu or a GPU.
model.parameters | int | documented | - | | Parameters of the model.
model.path | string | documented | - | The operation's result in the ktrdr API. | File of the saved model.
model.size_mb | float | documented | - | | Size of the saved model.
model.id | string | real | training.save_model, training.load_model | | Id of a model.
backtest.strategy | string | documented | - | | Strategy that is tested.
backtest.symbol | string | documented | - | data.symbol on operation.register. | Symbol that is tested on.
backtest.timeframe | string | documented | - | data.timeframe on operation.register. | Timeframe that is tested on.
backtest.start_date | string | documented | - | The operation's record in the ktrdr API. | First day of the test.
backtest.end_date | string | documented | - | The operation's record in the ktrdr API. | Last day of the test.
backtest.trades_executed | int | documented | - | The operation's result in the ktrdr API. | Trades in the test.
backtest.final_pnl | float | documented | - | The operation's result in the ktrdr API. | Profit or loss of the test.
backtest.sharpe_ratio | float | documented | - | sharpe_ratio on agent.phase.backtest, or the result in the ktrdr API. | Sharpe ratio of the test.
strategy_name | string | real | agent.phase.design, agent.phase.assessment | | Strategy that an agent designed.
ib.host | string | both | ib.connect | ib.connect is always a trace of its own, never inside the operation's. | Host of the IB Gateway.
ib.port | int | both | ib.connect | | Port of the IB Gateway.
ib.connection.status | string | documented | - | connection.status on ib.connect. | State of the connection to the IB Gateway.
connection.status | string | real | ib.connect | connected or error. | Whether the connection to the IB Gateway was made.
connection.client_id | int | real | ib.connect | | Client id used for the IB Gateway.
ib.latency_ms | float | both | ib.fetch_historical | Only when the request went well. | How long IB took to answer.
progress.percentage | float | both | agent.coordinator, data.download, multi-timeframe training.data_loading and backtest.data_loading | Training loops and simulations write none: their progress is in the ktrdr API. | Progress, 0 to 100.
progress.phase | string | both | agent.coordinator, data.download, multi-timeframe training.data_loading and backtest.data_loading | A sentence for people, not a span's name. | What is being done.
progress.updated_at | float | both | agent.coordinator, data.download, multi-timeframe training.data_loading and backtest.data_loading | Seconds since 1970. | When the progress was last written.
progress.current_step | int | real | data.download, multi-timeframe training.data_loading | | Step that is under way.
progress.total_steps | int | real | data.download, multi-timeframe training.data_loading | | Steps in all.
progress.items_processed | int | real | data.download, multi-timeframe training.data_loading | | Items that are done.
progress.steps_completed | int | real | agent.coordinator | | Steps that are done.
progress.context | json | real | data.download, multi-timeframe training.data_loading | | Further details of the progress.
cli.command | string | both | cli.* | Often missing: the command line exports to port 44317 unless it is told otherwise. | Command that was typed.
cli.args | json | both | cli.* | | Its arguments.
cli.status | string | documented | - | Status and exception event of the cli.* span. | Whether the command went well: success or error.
cli.error | string | documented | - | Exception event of the cli.* span. | Why the command failed.
mcp.tool | string | documented | - | In the code, but the decorator stands where its spans are never made. | MCP tool that was called.
mcp.params | json | documented | - | In the code, but the decorator stands where its spans are never made. | Parameters of the call.
mcp.result.status | string | documented | - | | Whether the tool went well.
exception.type | string | both | exception events of spans in error | An event's field, not a span's tag; module-qualified, such as ktrdr.errors.exceptions.DataNotFoundError. | Class of the Python exception.
exception.message | string | both | exception events of spans in error | An event's field; empty for timeouts of httpx. | Text of the exception.
exception.stacktrace | string | both | exception events of spans in error | An event's field; recorded twice by ktrdr's helpers. | Python's traceback.
exception.escaped | string | real | exception events of spans in error | | Whether the exception left the span.
error | bool | both | spans in error | agent.coordinator and ib.fetch_historical also write one of their own. | That the span is in error.
error.symbol | string | documented | - | data.symbol on the span or on operation.register. | Symbol at fault.
error.strategy | string | documented | - | The text of the exception. | Strategy at fault.
gpu.device | string | documented | - | Only on a span of the training host, which exports nothing. | Name of the GPU.
gpu.memory_allocated_mb | float | documented | - | Only on a span of the training host, which exports nothing. | GPU memory in use.
gpu.utilization_percent | float | documented | - | nvidia-smi on the training host. | How busy the GPU is.
phase | string | real | agent.phase.* | | Phase of an agent's research.
gate.name | string | real | agent.phase.training, agent.phase.backtest | | Check between two phases.
gate.passed | bool | real | agent.phase.training, agent.phase.backtest | A gate that rejects is a normal outcome, not an error. | Whether the check let the research go on.
gate.reason | string | real | agent.phase.training, agent.phase.backtest | | Why the check decided so.
verdict | string | real | agent.phase.assessment | | Judgement of the assessment.
outcome | string | real | agent.coordinator | Absent when it went well. | How the coordinator ended: cancelled or failed.
accuracy | float | real | agent.phase.training | | Accuracy that the training reached.
final_loss | float | real | agent.phase.training | | Loss at the end of the training.
sharpe_ratio | float | real | agent.phase.backtest | | Sharpe ratio of the agent's backtest.
win_rate | float | real | agent.phase.backtest | | Share of winning trades.
max_drawdown | float | real | agent.phase.backtest | | Deepest loss from a peak.
tokens.input | int | real | agent.phase.design, agent.phase.assessment | | Tokens sent to the model.
tokens.output | int | real | agent.phase.design, agent.phase.assessment | | Tokens that the model wrote.
tokens.total | int | real | agent.phase.design, agent.phase.assessment | | Tokens in all.
`;
