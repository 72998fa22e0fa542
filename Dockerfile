# The same image as release/image.py's OCI layout; its context is what `nox -s image` makes:
#   docker buildx build --file Dockerfile --platform linux/amd64,linux/arm64 --build-arg VERSION=... --build-arg REVISION=... dist/image
# `python -m release.dockerfile` (in `nox -s check`) holds it against that record.
FROM scratch
ARG TARGETARCH
ARG VERSION
ARG REVISION
ADD layer-${TARGETARCH}.tar.gz /
ENV HOME="/home/weft"
ENV PATH="/usr/bin"
LABEL org.opencontainers.image.title="clawft"
LABEL org.opencontainers.image.description="The lightest personal AI agent: one Python core, durable sessions, confined tools, figures you can re-run"
LABEL org.opencontainers.image.licenses="MIT"
LABEL org.opencontainers.image.source="https://github.com/clawft/clawft"
LABEL org.opencontainers.image.revision="${REVISION}"
LABEL org.opencontainers.image.version="${VERSION}"
USER 65532:65532
WORKDIR /home/weft
VOLUME ["/home/weft/.clawft"]
ENTRYPOINT ["/usr/bin/weft"]
