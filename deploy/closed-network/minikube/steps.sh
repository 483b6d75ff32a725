# shellcheck shell=bash
# Task: T-304 T-306
# Minikube's program; its node image is a Dockerfile over Kind's, which load builds in seconds.

steps_of_minikube() {
  LD="-X k8s.io/minikube/pkg/version.version=v$MINIKUBE" PATCH=$HERE/minikube/without-kvm.sh program minikube "k8s.io/minikube@v$MINIKUBE" ./cmd/minikube
  step archive archive minikube "$WORK/bin/minikube" --
}
