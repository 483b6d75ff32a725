# Task: T-301 T-306
# The node image of bundles that were packed before pods kept their address between nodes, mended.
ARG NODE
FROM $NODE
COPY cni.template /etc/containerd/
COPY no-leaks.nft /etc/
LABEL kube-acceptance/pod-addresses=kept
