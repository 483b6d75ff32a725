# shellcheck shell=bash
# Task: T-306
# The KVM driver needs libvirt's headers and C; the docker driver is all that is wanted here.
sed -i '/drvs\/kvm2"/d' pkg/minikube/registry/drvs/init.go
