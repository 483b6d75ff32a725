// Task: T-519
// Writes Cyclonus's own cases, a line of JSON for each step: the policies and namespaces, and what its simulation says of
// every connection. No cluster is asked.
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/mattfenwick/cyclonus/pkg/connectivity"
	"github.com/mattfenwick/cyclonus/pkg/connectivity/probe"
	"github.com/mattfenwick/cyclonus/pkg/generator"
	"github.com/mattfenwick/cyclonus/pkg/kube"
	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

type end struct {
	Namespace, Pod, Address string
	Labels, NamespaceLabels map[string]string
}

type answer struct {
	From, To                 end
	Port                     int
	PortName                 string
	Protocol                 v1.Protocol
	Ingress, Egress, Allowed bool
}

type step struct {
	Case, Step  int
	Description string
	Tags        []string
	Policies    []*networkingv1.NetworkPolicy
	Answers     []answer
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	output, err := os.Create(os.Args[1])
	must(err)
	defer output.Close()
	lines := json.NewEncoder(output)

	cluster := kube.NewMockKubernetes(1.0)
	names, pods := []string{"x", "y", "z"}, []string{"a", "b", "c"}
	protocols := []v1.Protocol{v1.ProtocolTCP, v1.ProtocolUDP, v1.ProtocolSCTP}
	resources, err := probe.NewDefaultResources(cluster, names, pods, []int{80, 81}, protocols, nil, 1, false, "")
	must(err)
	config := &connectivity.InterpreterConfig{ResetClusterBeforeTestCase: true, KubeProbeRetries: -1}
	interpreter := connectivity.NewInterpreter(cluster, resources, config)
	known, err := resources.GetPod("z", "c")
	must(err)
	cases := generator.NewTestCaseGenerator(true, known.IP, names, nil, nil).GenerateTestCases()
	for number, each := range cases {
		result := interpreter.ExecuteTestCase(each)
		must(result.Err)
		for index, one := range result.Steps {
			line := step{
				Case: number + 1, Step: index + 1, Description: each.Description, Tags: each.Tags.Keys(), Policies: one.KubePolicies,
			}
			table := one.SimulatedProbe.Wrapped
			for _, from := range table.Froms {
				for _, to := range table.Tos {
					for _, said := range one.SimulatedProbe.Get(from, to).JobResults {
						if said.Ingress == nil { // the port is not served: nothing was simulated
							continue
						}
						job := said.Job
						line.Answers = append(line.Answers, answer{
							From:     end{job.FromNamespace, job.FromPod, job.FromIP, job.FromPodLabels, job.FromNamespaceLabels},
							To:       end{job.ToNamespace, strings.TrimPrefix(to, job.ToNamespace+"/"), job.ToIP, job.ToPodLabels, job.ToNamespaceLabels},
							Port:     job.ResolvedPort,
							PortName: job.ResolvedPortName,
							Protocol: job.Protocol,
							Ingress:  *said.Ingress == probe.ConnectivityAllowed,
							Egress:   *said.Egress == probe.ConnectivityAllowed,
							Allowed:  said.Combined == probe.ConnectivityAllowed,
						})
					}
				}
			}
			must(lines.Encode(line))
		}
	}
}
