# shellcheck shell=bash
# Task: T-306
# Prometheus: its API and alerting; its web pages are not in the Go module.

prometheus_image() {
  mkdir -p "$WORK/prometheus"
  cp "$WORK/bin/prometheus" "$WORK/prometheus/"
  cat >"$WORK/prometheus/Dockerfile" <<'D'
FROM alpine:3.23
COPY prometheus /bin/
RUN install -d -o 65534 -g 65534 /prometheus /etc/prometheus
USER 65534
EXPOSE 9090
VOLUME /prometheus
WORKDIR /prometheus
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
D
  docker_build -t "prom/prometheus:v$PROMETHEUS" "$WORK/prometheus"
}
steps_of_monitoring() {
  LD="-X github.com/prometheus/common/version.Version=$PROMETHEUS" program prometheus "github.com/prometheus/prometheus@v0.3${PROMETHEUS:2:2}.0" ./cmd/prometheus \
    -tags remove_all_sd,enable_kubernetes_sd,netgo
  image_step "prom/prometheus:v$PROMETHEUS" prometheus_image
  # shellcheck disable=SC2046
  step archive archive monitoring -- $(images_of monitoring)
}
