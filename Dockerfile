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

# Node alone: no npm, yarn or compiler. What apt itself needs is all that Node links to.
FROM debian:12.12-slim
# hadolint ignore=DL3008
RUN apt-get update \
  # For the words in pictures.
  && apt-get install -y --no-install-recommends fonts-dejavu-core \
  && rm -rf /var/lib/apt/lists/* \
  # Its home is elsewhere: DATA_DIR must hold nothing but the bot's own files.
  && useradd --uid 1000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ktrdr-bot \
  && install -d -o ktrdr-bot -g ktrdr-bot -m 700 /data
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /app /app
LABEL org.opencontainers.image.title="ktrdr-bot" \
  org.opencontainers.image.description="Says in Slack why a ktrdr operation failed, hangs or is slow, from its trace." \
  org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
USER 1000:1000
# The only place that is written to; nothing when REDIS_URL is set.
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["start"]
