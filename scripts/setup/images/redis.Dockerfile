# Debian's Redis 7, for machines without an image registry in reach; elsewhere REDIS_IMAGE is redis:7-alpine. It is used like that one:
# redis-server and redis-cli are on the PATH, arguments that begin with "-" are redis-server's, the data is in /data, uid 999.
FROM debian:bookworm-slim

# The user comes first, so that the package finds it and makes none with another uid. path-exclude: no manuals.
RUN groupadd --system --gid 999 redis \
 && useradd --system --uid 999 --gid 999 --no-create-home --home-dir /data --shell /usr/sbin/nologin redis \
 && printf 'path-exclude=/usr/share/%s/*\n' doc man info locale lintian > /etc/dpkg/dpkg.cfg.d/sandbox-no-docs \
 && apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends redis-server redis-tools \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/apt /var/log/*.log \
 && install -d -o redis -g redis -m 0755 /data
COPY redis-entrypoint.sh /usr/local/bin/redis-entrypoint.sh
ARG SANDBOX_INPUTS=
LABEL sandbox.inputs=$SANDBOX_INPUTS
USER 999:999
WORKDIR /data
VOLUME /data
EXPOSE 6379
ENTRYPOINT ["/bin/sh", "/usr/local/bin/redis-entrypoint.sh"]
CMD ["redis-server"]
