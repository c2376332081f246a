FROM python:3.12-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# The packages are a layer of their own: they change less often than the code.
COPY requirements/run.txt requirements/run.txt
COPY requirements/encryption.txt requirements/encryption.txt
RUN python -m venv --without-pip /opt/klatsch
RUN python -m pip --python /opt/klatsch/bin/python install --quiet --no-deps --no-compile --require-hashes -r requirements/run.txt
# Encrypted rooms: nobody can add a package to a finished image.
RUN python -m pip --python /opt/klatsch/bin/python install --quiet --no-deps --no-compile --require-hashes -r requirements/encryption.txt

COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY storage storage
RUN python -m pip --python /opt/klatsch/bin/python install --quiet --no-deps --no-compile --no-build-isolation .
# Only the build needed them.
RUN python -m pip --python /opt/klatsch/bin/python uninstall --quiet --yes hatchling trove-classifiers
# The bot runs as a user who cannot write here: what is not compiled now would be compiled again at every start.
RUN /opt/klatsch/bin/python -m compileall -q -j 0 /opt/klatsch/lib


FROM python:3.12-slim
# A fixed number: the owner of a volume does not change with the image.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/klatsch --shell /usr/sbin/nologin klatsch \
    && install -d -o klatsch -g klatsch -m 0750 /var/lib/klatsch /etc/klatsch
COPY --from=builder /opt/klatsch /opt/klatsch
ENV PATH=/opt/klatsch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
# What the bot keeps must be named here: relative paths in /etc/klatsch/config.yaml count from /etc/klatsch.
WORKDIR /var/lib/klatsch
VOLUME /var/lib/klatsch

# Machines (alerts, API, metrics) and the public status page: `listen` must be 0.0.0.0:8080 and 0.0.0.0:8081 in here.
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
# http.client takes no notice of a proxy in the environment, and the image needs no curl.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client as h, sys; c = h.HTTPConnection('127.0.0.1', 8080, timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
CMD ["klatsch", "serve", "-c", "/etc/klatsch/config.yaml"]
