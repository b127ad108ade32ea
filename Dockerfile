# Builds what `npm pack` ships and installs it as package-lock.json has it, for Node 24.
#   docker build -t ktrdr-bot .
#   docker run --rm --read-only -v ktrdr-bot-data:/data --env-file .env ktrdr-bot
# Exact versions, which Renovate raises. A registry can also pin them: `docker buildx imagetools inspect` prints the digest.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY packages/local-slack/package.json packages/local-slack/
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm pack --ignore-scripts --pack-destination /tmp \
  && mkdir /app && tar -xzf /tmp/ktrdr-bot-*.tgz -C /app --strip-components=1 \
  && cp package-lock.json .npmrc /app/
WORKDIR /app
RUN npm ci --omit=dev --ignore-scripts

# Node and a font for the pictures, without npm, yarn and apt's lists.
FROM node:24.21.0-bookworm-slim AS system
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends fonts-dejavu-core \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/local/lib/node_modules /usr/local/include /usr/local/share/doc /opt/yarn-* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && install -d -o node -g node -m 700 /data

# From scratch, because layers keep what later ones delete.
FROM scratch
COPY --from=system / /
COPY --from=build /app /app
LABEL org.opencontainers.image.title="ktrdr-bot" \
  org.opencontainers.image.description="Says in Slack why a ktrdr operation failed, hangs or is slow, from its trace." \
  org.opencontainers.image.licenses="MIT"
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  NODE_ENV=production \
  DATA_DIR=/data
WORKDIR /app
USER 1000:1000
# The only place that is written to; nothing when REDIS_URL is set.
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["start"]
