/** Reads the fields of ktrdr's responses that the actions need. A missing or mistyped field is absent, never an error. */

import { micros } from '../../diagnosis/trace.ts';
import type { ActionRecord, CallAnswer, Checkpoint } from '../../jobs/action/ktrdr-port.ts';
import { errorText, number, object, readOperationAnswer, text, texts } from './read.ts';
import { microsOfIso } from './time.ts';

/** Null when it isn't an operation. */
export function readActionRecord(json: unknown): ActionRecord | null {
  const answer = readOperationAnswer(json, 200, micros(0));
  if (answer?.kind !== 'record') return null;
  const { operationId, operationType, status, createdAt, startedAt, errorMessage } = answer.record;
  const data = object(object(json)?.['data']) ?? object(json) ?? {};
  const metadata = object(data['metadata']) ?? {};
  const parameters = object(metadata['parameters']) ?? {};
  const result = object(data['result_summary']) ?? {};
  const config = object(result['config']) ?? {};
  const session = object(result['session_info']) ?? {};
  const yaml = parameters['strategy_yaml'];
  return {
    operationId,
    operationType,
    status,
    createdAt,
    startedAt,
    errorMessage,
    symbol: text(metadata['symbol']),
    timeframe: text(metadata['timeframe']),
    mode: text(metadata['mode']),
    startDate: text(metadata['start_date']),
    endDate: text(metadata['end_date']),
    parameters: {
      symbols: texts(parameters['symbols']),
      timeframes: texts(parameters['timeframes']),
      startDate: text(parameters['start_date']),
      endDate: text(parameters['end_date']),
      strategyName: text(parameters['strategy_name']),
      // Where it was cut matters, so it isn't trimmed.
      strategyYaml: typeof yaml === 'string' ? yaml : null,
      initialCapital: number(parameters['initial_capital']),
      commission: number(parameters['commission']),
      slippage: number(parameters['slippage']),
      childId: text(parameters['training_op_id']) ?? text(parameters['backtest_op_id']),
    },
    result: {
      strategyName: text(session['strategy_name']),
      startDate: text(config['start_date']) ?? text(session['start_date']),
      endDate: text(config['end_date']) ?? text(session['end_date']),
      rowsDownloaded: number(result['rows_downloaded']),
    },
  };
}

/** Reads a bare checkpoint or one wrapped in `data`; null for anything else. */
export function readCheckpoint(json: unknown): Checkpoint | null {
  const data = object(object(json)?.['data']) ?? object(json);
  if (data === null || text(data['operation_id']) === null) return null;
  const state = object(data['state']) ?? {};
  const request = object(state['original_request']);
  return {
    createdAt: microsOfIso(data['created_at']),
    epoch: number(state['epoch']),
    request: request && {
      symbols: [...texts(request['symbols']), ...texts([request['symbol']])],
      timeframes: [...texts(request['timeframes']), ...texts([request['timeframe']])],
      startDate: text(request['start_date']),
      endDate: text(request['end_date']),
      strategyPath: text(request['strategy_path']) ?? text(request['strategy_config_path']),
      strategyName: text(request['strategy_name']),
      modelPath: text(request['model_path']),
    },
  };
}

/** Null for a response that isn't from ktrdr, such as a proxy's page. ktrdr's errors have three shapes. */
export function readCallAnswer(json: unknown, httpStatus: number): CallAnswer | null {
  const body = object(json);
  if (body === null) return null;
  if (httpStatus >= 400) {
    const message = fieldErrors(body) ?? errorText(body);
    if (message === null) return null;
    return {
      kind: 'rejected',
      httpStatus,
      message: withoutPaths(message),
      code: text(object(body['error'])?.['code']),
    };
  }
  if (httpStatus !== 200 || body['success'] !== true) return null;
  const data = object(body['data']) ?? body;
  const remote = data['remote_cancelled'];
  return {
    kind: 'accepted',
    newId: text(body['task_id']) ?? text(body['operation_id']) ?? text(data['operation_id']),
    remoteCancelled: typeof remote === 'boolean' ? remote : null,
  };
}

/** Field errors of a 422, such as `strategy_name: Field required`. Its message says only that the request is invalid. */
function fieldErrors(body: Readonly<Record<string, unknown>>): string | null {
  const details = object(body['error'])?.['details'];
  const fields = (Array.isArray(details) ? details : []).flatMap((one) => {
    const [field, message] = [text(object(one)?.['field']), text(object(one)?.['message'])];
    return message === null ? [] : [`${field?.replace(/^body -> /, '') ?? 'body'}: ${message}`];
  });
  return fields.length === 0 ? null : fields.join('; ');
}

/** Removes the file paths that ktrdr lists: a channel shouldn't learn where files are on a server. */
function withoutPaths(message: string): string {
  const [said = ''] = message.split(' (searched: ', 1);
  return said.replace(/(?<![\w./])\/[\w./-]+/g, (path) =>
    path.lastIndexOf('/') > 0 ? `…${path.slice(path.lastIndexOf('/'))}` : path,
  );
}
