# The program, its models and plotting tools on Debian 12; models and run files of one's own are mounted at /work.
FROM debian:12-slim AS build
COPY tools/packages.txt /tmp/packages.txt
RUN apt-get update \
    && awk '$2 == "build" {print $1}' /tmp/packages.txt \
       | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends
COPY . /src
# What -march is given: x86-64-v3 runs on processors since 2013 or so; `--build-arg ARCH=native` is for this machine.
ARG ARCH=x86-64-v3
RUN cmake -S /src -B /build -G Ninja -DSNNSIM_CUDA=OFF -DSNNSIM_TESTS=OFF -DSNNSIM_ARCH=$ARCH \
    && ninja -C /build snnsim \
    && cmake --install /build

FROM debian:12-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
       ca-certificates libfmt9 libhdf5-103-1 libssl3 libyaml-cpp0.7 libzip4 python3 python3-h5py python3-matplotlib zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local /usr/local
RUN ln -s /usr/local/share/snnsim/tools/plot_run.py /usr/local/bin/plot_run.py
WORKDIR /work
ENTRYPOINT ["snnsim"]
CMD ["--help"]
