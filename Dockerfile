# CPU only: docker build -t paralbench . && docker run --rm -v "$PWD:/data" paralbench run --task manifest ...
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/paralbench
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY paralbench paralbench
COPY tasks tasks
COPY models models
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -c constraints.txt ".[demo]"
RUN useradd --create-home user
USER user
# Features and results are kept where a volume is mounted.
ENV PARALBENCH_CACHE=/data/.paralbench-cache
WORKDIR /data
ENTRYPOINT ["paralbench"]
CMD ["--help"]
