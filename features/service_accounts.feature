@cluster
Feature: Service accounts
  Each workload has an identity of its own, which may do nothing beyond what everybody may, and holds no token. Every right is
  tried by a call from a pod under the account, between two calls in which the API server names that account, and asked of
  the API server's authorizer. Only a 403 which says that this account cannot do this very thing counts as denied.

  @REQ-SEC-01
  Scenario: Service accounts may do what they need and nothing else
    Given the chart is installed
    Then these rights are as expected
      | account              | verb                                            | resource                                                     | expected |
      | ${RELEASE}-frontend  | get                                             | /version                                                     | may      |
      | ${RELEASE}-backend   | get                                             | /version                                                     | may      |
      | ${RELEASE}-database  | get                                             | /version                                                     | may      |
      | ${RELEASE}-migration | get                                             | /version                                                     | may      |
      | ${RELEASE}-backup    | get                                             | /version                                                     | may      |
      | default              | get                                             | /version                                                     | may      |
      | every account        | create                                          | selfsubjectaccessreviews.authorization.k8s.io                | may      |
      | every account        | get, list, watch, create, update, patch, delete | secrets, configmaps, pods, services, deployments.apps        | may not  |
      | every account        | get                                             | secrets named ${RELEASE}-database                            | may not  |
      | every account        | list                                            | pods in kube-system, events, endpointslices.discovery.k8s.io | may not  |
      | every account        | get                                             | pods/log, /metrics                                           | may not  |
      | every account        | deletecollection                                | persistentvolumeclaims, pods                                 | may not  |

  @REQ-SEC-01
  Scenario: No service account can take over more than itself
    Given the chart is installed
    Then no service account has a dangerous right

  @REQ-SEC-01
  Scenario: Nobody is given rights or an identity that is not its own
    Given the chart is installed
    Then no binding gives a service account of the release any right
    And every workload of the release has a service account of its own

  @REQ-SEC-01
  Scenario: Another namespace cannot read the release's Secrets
    Given the chart is installed
    Then a service account of another namespace may not get "secrets named ${RELEASE}-database"
    And a service account of another namespace may not list "secrets"

  @REQ-SEC-02
  Scenario: No token lies where none is needed
    Given the chart is installed
    Then no container of the release holds a token of the Kubernetes API

  @disruptive @REQ-SEC-01 @REQ-SEC-02
  Scenario: A workload that needs rights and a token has just these, and both are seen
    Given the chart is installed in a namespace of its own
    When these objects are applied
      """
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: informed}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: Role
      metadata: {name: reads}
      rules:
        - {apiGroups: [""], resources: [configmaps], verbs: [get, list, watch, patch]}
        - {apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: ["${RELEASE}-database"]}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: informed-reads}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads}
      subjects: [{kind: ServiceAccount, name: informed, namespace: "${NAMESPACE}"}]
      ---
      apiVersion: v1
      kind: Pod
      metadata:
        name: with-a-token
        labels: {app.kubernetes.io/instance: "${RELEASE}", app.kubernetes.io/component: informed}
      spec:
        serviceAccountName: informed
        securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
        containers:
          - name: it
            image: postgres:17-alpine
            imagePullPolicy: Never
            command: [sleep, "600"]
            securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      """
    Then every "informed" pod is in the phase "Running" within 1 minute
    And only these components hold a token of the Kubernetes API within 1 minute
      | component |
      | informed  |
    And these rights are as expected within 30 seconds
      | account                                                               | verb                    | resource                                                               | expected |
      | informed                                                              | get, list, watch, patch | configmaps                                                             | may      |
      | informed                                                              | get                     | secrets named ${RELEASE}-database, configmaps named ${RELEASE}-backend | may      |
      | informed                                                              | get, list               | secrets                                                                | may not  |
      | informed                                                              | create, delete          | configmaps                                                             | may not  |
      | informed                                                              | get, list               | configmaps in kube-system, configmaps in every namespace               | may not  |
      | ${RELEASE}-frontend, ${RELEASE}-backend, ${RELEASE}-database, default | get, list               | configmaps                                                             | may not  |
      | ${RELEASE}-migration, ${RELEASE}-backup                               | get, list               | configmaps                                                             | may not  |
