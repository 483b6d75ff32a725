# shellcheck shell=bash
# Task: T-306
# Kernels built without CONFIG_NFT_QUEUE still have the xtables target of the same name, which nftables reaches through its compatibility layer.
cat > pkg/networkpolicy/queue_target.go <<'G'
package networkpolicy

import (
	"encoding/binary"

	"github.com/google/nftables/expr"
	"github.com/google/nftables/xt"
)

// nfqueueBypass is NFQ_FLAG_BYPASS of linux/netfilter/xt_NFQUEUE.h: accept when no program listens.
const nfqueueBypass = 1

// queueTarget sends a packet to the queue num with xt_NFQUEUE, revision 3 (struct xt_NFQ_info_v3, padded to eight bytes).
func queueTarget(num uint16, bypass bool) *expr.Target {
	info := make(xt.Unknown, 8)
	binary.NativeEndian.PutUint16(info[0:], num)
	binary.NativeEndian.PutUint16(info[2:], 1)
	if bypass {
		binary.NativeEndian.PutUint16(info[4:], nfqueueBypass)
	}
	return &expr.Target{Name: "NFQUEUE", Rev: 3, Info: &info}
}
G
perl -0pi -e 's/queue := &expr\.Queue\{Num: uint16\(c\.config\.QueueID\)\}\n\tif c\.config\.FailOpen \{\n\t\tqueue\.Flag = expr\.QueueFlagBypass\n\t\}/queue := queueTarget(uint16(c.config.QueueID), c.config.FailOpen)/g' pkg/networkpolicy/controller.go
perl -0pi -e 's/&expr\.Queue\{Num: uint16\(n\.nfQueueID\), Flag: expr\.QueueFlagBypass\}/queueTarget(uint16(n.nfQueueID), true)/' pkg/networkpolicy/dnsagent.go
grep -rn "queueTarget(" pkg/networkpolicy/*.go
