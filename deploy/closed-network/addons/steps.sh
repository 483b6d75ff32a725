# shellcheck shell=bash
# Task: T-302 T-303 T-306
# The ingress controller and the metrics server that a cluster is given after its creation.

metrics_server_image() {
  mkdir -p "$WORK/metrics"
  cp "$WORK/bin/metrics-server" "$WORK/metrics/"
  tree_image "registry.k8s.io/metrics-server/metrics-server:v$METRICS_SERVER" "$WORK/metrics" -c 'ENTRYPOINT ["/metrics-server"]' -c 'USER 65534'
}
traefik_image() {
  mkdir -p "$WORK/traefik"
  cp "$WORK/bin/traefik" "$WORK/traefik/"
  printf '%s\n' 'FROM alpine:3.23' 'COPY traefik /usr/local/bin/' 'EXPOSE 80' 'ENTRYPOINT ["traefik"]' >"$WORK/traefik/Dockerfile"
  docker_build -t "traefik:v$TRAEFIK" "$WORK/traefik"
}
steps_of_addons() {
  program metrics-server "sigs.k8s.io/metrics-server@v$METRICS_SERVER" ./cmd/metrics-server
  LD="-X github.com/traefik/traefik/v3/pkg/version.Version=$TRAEFIK" program traefik "github.com/traefik/traefik/v3@v$TRAEFIK" ./cmd/traefik
  image_step "registry.k8s.io/metrics-server/metrics-server:v$METRICS_SERVER" metrics_server_image
  image_step "traefik:v$TRAEFIK" traefik_image
  # shellcheck disable=SC2046
  step archive archive addons -- $(images_of addons)
}
