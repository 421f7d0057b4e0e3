# An instructor's server: JupyterLab and the grader, run by a plain user, in the versions of the lock. How to start it:
# autograder/README.md. Nothing secret is in it (.dockerignore), and nothing is fetched once it is built.
# `python -m tools.try_dockerfile` does these steps without Docker. .devcontainer/ takes the first stage alone.
FROM debian:trixie-slim AS system
COPY Makefile /opt/
RUN export DEBIAN_FRONTEND=noninteractive && apt-get update -qq \
  && apt-get install -y -qq --no-install-recommends ca-certificates git make python3 python3-venv \
  && make -C /opt system \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --create-home --shell /bin/bash course
USER course

FROM system
RUN mkdir /home/course/module
WORKDIR /home/course/module
COPY --chown=course . .
RUN PIP_NO_CACHE_DIR=1 make .venv/.ready
ENV PATH="/home/course/module/.venv/bin:$PATH"
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
