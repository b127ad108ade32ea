import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Suites start servers, Redis and a browser; two workers keep a two-core machine responsive.
    maxWorkers: 2,
  },
});
