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
COPY docs/gebruiken docs/gebruiken
COPY .ci/sbom.py .ci/sbom.py
COPY requirements-stijl.lock ./
COPY stijl stijl
RUN PYTHON=/opt/regie/bin/python bash stijl/bouw && rm -rf stijl/node_modules stijl/.node
RUN /opt/regie/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/regie/bin/python .ci/sbom.py requirements.lock /opt/regie/sbom.json stijl/package-lock.json \
 && /opt/regie/bin/pip uninstall -y pip hatchling editables setuptools

FROM python:3.13-slim
# A number of its own, so that a platform can see that it is not root. It owns its data and nothing else: not the program.
RUN groupadd --gid 10001 regie \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/regie --shell /usr/sbin/nologin regie \
 && install -d -o regie -g regie -m 0700 /var/lib/regie /var/lib/regie/data
COPY --from=bouw /opt/regie /opt/regie
USER 10001:10001
WORKDIR /var/lib/regie
ENV PATH=/opt/regie/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TMPDIR=/var/tmp \
    REGIE_LOG=json \
    REGIE_DATA_DIR=/var/lib/regie/data
# Large messages wait in /var/tmp, in files without a name: on a disk, because a tmpfs would take memory for them.
VOLUME ["/var/lib/regie/data", "/var/tmp"]
EXPOSE 8080
# SIGTERM lets the messages under way finish; see stop_grace_period in docker-compose.yml.
ENTRYPOINT ["regie"]
CMD ["serve"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "from regiesysteem.local import get_own; get_own('http://127.0.0.1:8080/healthz', timeout=2)"]
