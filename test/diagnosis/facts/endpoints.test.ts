import { describe, expect, it } from 'vitest';
import { addressOf, endpointOf, isWorkerStart } from '../../../src/diagnosis/facts/endpoints.ts';

describe('who answers at an address', () => {
  it.each([
    ['http://training-worker-1:5005/training/start', 'worker'],
    ['http://127.0.0.1:5003/backtests/resume', 'worker'],
    ['http://design-agent-1:5010/designs/start', 'worker'],
    ['http://localhost:5001/data/validate', 'ib-host'],
    ['http://host.docker.internal:5002/training/start', 'training-host'],
    ['http://localhost:8000/api/v1/trainings/start', 'backend'],
    ['http://backend:8000/api/v1/workers/register', 'backend'],
    ['http://127.0.0.1:55001/data/validate', 'ib-host'],
    ['http://10.0.0.7:8000/data/head-timestamp?symbol=EURUSD', 'ib-host'],
    ['http://127.0.0.1:58000/api/v1/data/validate', 'backend'],
    ['http://Prod-KTRDR-Backend:80/', 'backend'],
    ['https://example.org/anything', 'other'],
    ['https://example.org/data/validated', 'other'],
  ])('%s: %s', (url, role) => {
    expect(endpointOf(url)?.role).toBe(role);
  });

  it('reads host and port, and leaves out a user', () => {
    const endpoint = endpointOf('http://user:secret@[::1]:5003/backtests/start');
    expect(endpoint === null ? null : addressOf(endpoint)).toBe('[::1]:5003');
  });

  it('tells a worker’s start from the backend’s', () => {
    const isStart = (url: string) => {
      const endpoint = endpointOf(url);
      return endpoint !== null && isWorkerStart(endpoint);
    };
    expect(isStart('http://training-worker-1:5005/training/start')).toBe(true);
    expect(isStart('http://localhost:8000/api/v1/trainings/start')).toBe(false);
  });

  it('is null for what is no URL', () => {
    expect(endpointOf('redis:6379')).toBeNull();
  });
});
