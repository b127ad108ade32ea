import { describe } from 'vitest';
import { call, caseOf, type Draft, record, server, span, trace, withoutApi, worker } from '../../../support/build.ts';
import { judge } from '../../../support/judge.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  loading,
  RESEARCH,
  register,
  selection,
  TRAINER,
  TRAINING,
  transition,
} from '../../../support/ktrdr-spans.ts';

const research = (...phases: readonly Draft[]) =>
  trace(
    server(
      'POST /api/v1/agent/trigger',
      API,
      202,
      { at: 0, took: 30 },
      span(
        'agent.trigger',
        { at: 2, took: 20, status: 'ok', attributes: { 'training.strategy': 'None' } },
        register(RESEARCH, 'agent_research', { at: 9, symbol: 'None', timeframe: 'None' }),
        transition(RESEARCH, 19, 'pending', 'running'),
        span(
          'agent.coordinator',
          {
            at: 24,
            took: 400_000,
            attributes: {
              'operation.type': 'coordinator',
              'operation.id': RESEARCH,
              'progress.percentage': 5,
              'progress.phase': 'Designing strategy...',
              'progress.updated_at': 1_778_578_200.1,
            },
          },
          ...phases,
        ),
      ),
    ),
  );
const trained = call(
  'POST',
  'http://training-worker-1:5005/training/start',
  200,
  { at: 2000, took: 9 },
  server(
    'POST /training/start',
    TRAINER,
    200,
    { at: 2002, took: 5 },
    register(TRAINING, 'training', { at: 2010 }),
    transition(TRAINING, 2040, 'pending', 'running', { service: TRAINER }),
    loading('training', 2100, 1560),
    transition(TRAINING, 9000, 'running', 'completed', { service: TRAINER }),
  ),
);
const trainingGate = (passed: boolean, reason: string) =>
  span('agent.phase.training', {
    at: 10_000,
    took: 0.1,
    attributes: {
      'operation.id': RESEARCH,
      phase: 'training',
      'gate.name': 'training',
      'gate.passed': passed,
      'gate.reason': reason,
      accuracy: 0,
      final_loss: 0,
    },
  });
const MISSING = 'Model directory not found: /app/models/v3_minimal/1h_v3';
const tested = call(
  'POST',
  'http://backtest-worker-1:5003/backtests/start',
  200,
  { at: 11_000, took: 9 },
  server(
    'POST /backtests/start',
    BACKTESTER,
    200,
    { at: 11_002, took: 5 },
    register(BACKTEST, 'backtesting', { at: 11_010 }),
    transition(BACKTEST, 11_040, 'pending', 'running', { service: BACKTESTER }),
    transition(BACKTEST, 11_200, 'running', 'failed', { service: BACKTESTER, error: MISSING }),
  ),
);
const childFailed = research(
  trained,
  trainingGate(true, 'passed'),
  tested,
  transition(RESEARCH, 16_000, 'running', 'failed', { error: `Backtest failed: ${MISSING}` }),
);
const NO_DESIGNER =
  'Design dispatch failed: No available AGENT_DESIGN workers. Ensure design agent containers are running and registered.';

describe('agent', () => {
  judge([
    {
      about: 'no design agent',
      case: caseOf({
        id: RESEARCH,
        now: 20_000,
        traces: [
          research(
            selection({ type: 'agent_design', total: 1, capable: 0, available: 0, at: 25 }),
            transition(RESEARCH, 30, 'running', 'failed', { error: NO_DESIGNER }),
          ),
        ],
        operation: record(RESEARCH, 'failed', { ended: 30, errorMessage: NO_DESIGNER }),
      }),
      answer: 'agent/no-workers',
      confidence: 'certain',
      headline: ['AGENT_DESIGN', 'design agent'],
      shows: ['worker.capable_workers = 0'],
    },
    {
      about: 'the same by the record alone',
      case: caseOf({
        id: RESEARCH,
        now: 20_000,
        operation: record(RESEARCH, 'failed', { ended: 30, errorMessage: NO_DESIGNER }),
      }),
      answer: 'agent/no-workers',
      confidence: 'likely',
    },
    {
      about: 'the backtest that it started failed',
      case: caseOf({
        id: RESEARCH,
        now: 30_000,
        traces: [childFailed],
        operation: record(RESEARCH, 'failed', { ended: 16_000, errorMessage: `Backtest failed: ${MISSING}` }),
      }),
      answer: 'agent/child-failed',
      confidence: 'certain',
      headline: [MISSING],
      shows: [BACKTEST],
      advises: [`ktrdr --json status ${BACKTEST}`],
    },
    ...[
      ["Design failed: No module named 'mcp.types'", 'agent/agent-failed', 'design agent'],
      ['Assessment failed: Credit balance is too low', 'agent/agent-failed', 'Add credit'],
      ['Training failed: CUDA out of memory. Tried to allocate 2.00 GiB', 'agent/child-failed', 'batch size'],
      ['Training failed: No data found in cache for EURUSD 1h', 'agent/child-failed', 'ktrdr data load EURUSD'],
    ].map(([error = '', answer = '', advice = '']) => ({
      about: error,
      case: caseOf({
        id: RESEARCH,
        now: 30_000,
        traces: [research(transition(RESEARCH, 16_000, 'running', 'failed', { error }))],
      }),
      answer,
      advises: [advice],
    })),
    {
      about: 'the same without the API',
      case: withoutApi(caseOf({ id: RESEARCH, now: 30_000, traces: [childFailed] })),
      answer: 'agent/child-failed',
    },
    {
      about: 'asked for that backtest itself',
      case: caseOf({
        id: BACKTEST,
        now: 30_000,
        traces: [childFailed],
        operation: record(BACKTEST, 'failed', { ended: 11_200, errorMessage: MISSING }),
      }),
      answer: 'invalid-input/model-not-found',
      headline: ['/app/models/v3_minimal/1h_v3'],
    },
    {
      about: 'asked for the training before it, which went well',
      case: caseOf({
        id: TRAINING,
        now: 30_000,
        traces: [childFailed],
        operation: record(TRAINING, 'completed', { ended: 9000 }),
      }),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'the same without the API: another operation’s failure is not its own',
      case: withoutApi(caseOf({ id: TRAINING, now: 30_000, traces: [childFailed] })),
      answer: 'healthy',
      noAlarm: true,
    },
    {
      about: 'waits for a training worker, with a strategy given',
      case: caseOf({
        id: RESEARCH,
        now: 120_000,
        traces: [research()],
        operation: record(RESEARCH, 'running'),
        workers: [worker('backtesting-worker-aa', 'available')],
      }),
      answer: 'agent/waiting-for-worker',
      confidence: 'likely',
      headline: ['training worker', 'none is registered'],
      advises: ['docker start ktrdr-training-worker-1-1'],
    },
    {
      about: 'waits because the only training worker is busy',
      case: caseOf({
        id: RESEARCH,
        now: 120_000,
        traces: [research()],
        operation: record(RESEARCH, 'running'),
        workers: [
          worker('backtesting-worker-aa', 'available'),
          worker('training-worker-bb', 'busy', { currentOperationId: TRAINING }),
        ],
      }),
      answer: 'agent/waiting-for-worker',
      headline: ['busy'],
    },
    {
      about: 'its training runs',
      case: caseOf({
        id: RESEARCH,
        now: 8000,
        traces: [research(trained)],
        operation: record(RESEARCH, 'running', { percentage: 30, step: 'Training' }),
        workers: [worker('training-worker-bb', 'busy', { currentOperationId: TRAINING })],
      }),
      answer: 'running',
      noAlarm: true,
    },
    {
      about: 'a gate turned it down',
      case: caseOf({
        id: RESEARCH,
        now: 30_000,
        traces: [
          research(
            trained,
            trainingGate(false, 'accuracy_below_threshold (0.31 < 0.45)'),
            transition(RESEARCH, 10_100, 'running', 'completed'),
          ),
        ],
        operation: record(RESEARCH, 'completed', { ended: 10_100 }),
      }),
      answer: 'agent/gate-rejected',
      headline: ['accuracy below threshold'],
      noAlarm: true,
    },
    {
      about: 'the agent delivered nothing',
      case: caseOf({
        id: RESEARCH,
        now: 30_000,
        traces: [
          research(
            transition(RESEARCH, 9000, 'running', 'failed', {
              error: 'Design agent did not call save_strategy_config MCP tool. No strategy was produced.',
            }),
          ),
        ],
      }),
      answer: 'agent/no-result',
      headline: ['save_strategy_config'],
    },
    {
      about: 'no budget left',
      case: caseOf({
        now: 30_000,
        traces: [trace(server('POST /api/v1/agent/trigger', API, 409, { at: 0, took: 9 }))],
      }),
      answer: 'agent/budget',
      confidence: 'likely',
    },
  ]);
});
