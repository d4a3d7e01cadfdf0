# The web server and the worker in one image; docker-compose.yml says which is which.
FROM python:3.13-slim AS bouw
WORKDIR /bouw
COPY requirements-build.lock requirements.lock ./
RUN python -m venv /opt/regie \
 && /opt/regie/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock \
 && /opt/regie/bin/pip install --no-cache-dir --require-hashes --no-build-isolation -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY wsdl wsdl
COPY xsd xsd
COPY migrations migrations
RUN /opt/regie/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/regie/bin/pip uninstall -y pip hatchling editables setuptools

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /var/lib/regie regie
COPY --from=bouw /opt/regie /opt/regie
USER regie
WORKDIR /var/lib/regie
ENV PATH=/opt/regie/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    REGIE_LOG=json \
    REGIE_DATA_DIR=/var/lib/regie/data
EXPOSE 8080
# SIGTERM lets the messages under way finish; see stop_grace_period in docker-compose.yml.
ENTRYPOINT ["regie"]
CMD ["serve"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "from regiesysteem.local import vraag; vraag('http://127.0.0.1:8080/healthz', timeout=2)"]
