import { describe, expect, it } from 'vitest';
import { operationSpansOf } from '../../../src/diagnosis/facts/operation-spans.ts';
import { buildTree } from '../../../src/diagnosis/facts/tree.ts';
import { server, span, trace } from '../../support/build.ts';
import {
  API,
  BACKTEST,
  BACKTESTER,
  orphanCheck,
  RESEARCH,
  register,
  TRAINER,
  TRAINING,
  transition,
} from '../../support/ktrdr-spans.ts';

const research = trace(
  server(
    'POST /api/v1/agent/trigger',
    API,
    202,
    { at: 0, took: 30 },
    register(RESEARCH, 'agent_research', { at: 5 }),
    server(
      'POST /training/start',
      TRAINER,
      200,
      { at: 100, took: 5 },
      register(TRAINING, 'training', { at: 101 }),
      span('training.data_loading', { at: 120 }),
    ),
    server(
      'POST /backtests/start',
      BACKTESTER,
      200,
      { at: 200, took: 5 },
      register(BACKTEST, 'backtesting', { at: 201 }),
      transition(BACKTEST, 250, 'running', 'failed'),
    ),
    transition(RESEARCH, 300, 'running', 'failed'),
  ),
);
const tree = buildTree([research, orphanCheck(TRAINING, 900)]);
const names = (id: string) =>
  operationSpansOf(tree, id)
    .own.filter(({ name }) => !name.includes(' http '))
    .map(({ name, service }) => `${name} ${service}`);

describe('what belongs to one operation of several in a trace', () => {
  it('is the request that led to its registration, with all below', () => {
    expect(names(TRAINING)).toContain(`training.data_loading ${TRAINER}`);
    expect(names(TRAINING).filter((name) => name.includes(BACKTESTER))).toEqual([]);
  });

  it('is for the research all but its children’s work', () => {
    expect(names(RESEARCH).filter((name) => name.includes(TRAINER) || name.includes(BACKTESTER))).toEqual([]);
    expect(names(RESEARCH)).toContain(`operation.state_transition ${API}`);
  });

  it('names all of them in the order in which they were registered', () => {
    expect(operationSpansOf(tree, RESEARCH).registered).toEqual([RESEARCH, TRAINING, BACKTEST]);
  });
});
