# One image for web, worker and clock: docker-compose.yml says which it is.
FROM python:3.12.12-slim-bookworm AS build
COPY requirements.lock /
RUN python -m venv /venv && \
    /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement /requirements.lock && \
    printf '#!/bin/sh\nexec python -m workers "$@"\n' >/venv/bin/mobilise && \
    chmod +x /venv/bin/mobilise

FROM python:3.12.12-slim-bookworm
RUN groupadd --system --gid 10001 mobilise && \
    useradd --system --uid 10001 --gid mobilise --home-dir /app --no-create-home --shell /usr/sbin/nologin mobilise && \
    install --directory --owner mobilise --group mobilise --mode 0700 /outbox /journal
COPY --from=build /venv /venv
COPY config /app/config
COPY templates /app/templates
COPY workers /app/workers
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MOBILISE_HOME=/app \
    MOBILISE_ENVIRONMENT=production \
    MOBILISE_WORKER__JOURNAL=/journal
WORKDIR /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Of the web; the others say in docker-compose.yml how they are looked at.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["mobilise"]
CMD ["web", "--host", "0.0.0.0"]
