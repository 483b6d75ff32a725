Feature: Vocabulary
  What any chart's features can say, said of this one. Every general phrase is used here or in another feature, on the
  real thing; `kube-acceptance steps` lists them.

  @static
  Rule: Charts

    @REQ-RUN-07
    Scenario: Values decide what a chart renders
      Given the chart with these values
        | path             | value |
        | ingress.enabled  | false |
        | backend.replicas | 3     |
      Then it renders 2 Deployment objects
      And it renders 1 StatefulSet object
      And it renders no Ingress, unlike with its own values
      And the Deployment "${RELEASE}-backend" that it renders has "spec.replicas" equal to 3

  @cluster
  Rule: Releases and objects

    @REQ-RUN-07
    Scenario: A release is what Helm says it is
      Given the chart is installed
      Then the release is at revision 1
      And the release has the status "deployed"
      And the notes of the release say "is being started in the namespace ${NAMESPACE}"
      And the release has the value "backend.replicas" equal to 2
      And the release has these objects
        | kind       | name              |
        | Deployment | ${RELEASE}-backend  |
        | ConfigMap  | ${RELEASE}-frontend |
      And every workload is rolled out with no old pod left within 30 seconds

    @REQ-RUN-07
    Scenario: An object's fields are told one by one, in a table, or as YAML
      Given the chart is installed
      Then the Service "${RELEASE}-backend" exists
      And there is no Service "${RELEASE}-nobody" for 2 seconds
      And the Deployment "${RELEASE}-backend" has "spec.replicas" equal to 2
      And the Deployment "${RELEASE}-backend" has "spec.template.spec.containers[name=backend].ports[0].name" equal to "http"
      And the Deployment "${RELEASE}-backend" has these fields
        | path                                            | value         |
        | spec.strategy.type                              | RollingUpdate |
        | spec.strategy.rollingUpdate.maxUnavailable      | 0             |
        | metadata.labels[app.kubernetes.io/component]    | backend       |
      And the StatefulSet "${RELEASE}-database" matches
        """
        spec:
          podManagementPolicy: Parallel
          template:
            spec:
              automountServiceAccountToken: false
        """
      And every ServiceAccount of the release has "automountServiceAccountToken" equal to false
      And these objects are refused because of "violates PodSecurity"
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: ${SCENARIO}
        spec:
          hostNetwork: true
          containers: [{name: it, image: alpine:3.23}]
        """

  @cluster
  Rule: Workloads and pods

    @REQ-RUN-07
    Scenario: Rollouts and replicas
      Given the chart is installed
      Then the Deployment "${RELEASE}-backend" is rolled out within 1 minute
      And the StatefulSet "${RELEASE}-database" is rolled out
      And the Job "${RELEASE}-migration-1" is rolled out
      And the Deployment "${RELEASE}-backend" has 2 ready replicas
      And the Deployment "${RELEASE}-frontend" has 1 available replica

    @REQ-RUN-07
    Scenario: Pods and their containers
      Given the chart is installed
      And the "backend" pods as they are now
      Then the "backend" tier has 2 pods
      And the "backend" tier has 2 ready pods
      And every "backend" pod is ready for 2 seconds
      And every "database" pod is in the phase "Running"
      And every "backend" pod has the label "app.kubernetes.io/name" with the value "todo"
      And the "backend" pods run on at least 1 node
      And the "backend" pods are the same as before for 1 second
      And every "backend" container is running
      And no "backend" container has restarted
      And every "migration" container ended because of "Completed"
      And every "migration" container ended with the exit status 0

    @REQ-RUN-07
    Scenario: What is true inside of a pod
      Given the chart is installed
      Then every "backend" container has the environment variable "LOG_LEVEL" set to "info"
      And no "backend" container has the environment variable "DATABASE_PASSWORD"
      And every process of the "backend" containers belongs to the user 10001
      And "/app" in every "backend" container is read-only, unlike "/tmp"
      And the file "/etc/os-release" in every "frontend" container contains "ID=alpine"
      When the command "id -u" runs in a "database" pod
      Then it ends with the exit status 0
      And it prints "70"

  @cluster
  Rule: Services, Ingress and HTTP

    @REQ-RUN-07
    Scenario: Services lead to the pods that they should
      Given the chart is installed
      Then the Service "${RELEASE}-backend" has 2 endpoints within 30 seconds
      And the Service "${RELEASE}-frontend" has 1 endpoint
      And the Service "${RELEASE}-backend" has the type "ClusterIP"
      And the Service "${RELEASE}-backend" listens on port 8000
      And the Service "${RELEASE}-backend" leads to the ready "backend" pods
      And the name "${RELEASE}-backend" leads a "frontend" pod to the Service "${RELEASE}-backend"
      And the name "${RELEASE}-nobody" is not found from a "frontend" pod, unlike "${RELEASE}-backend"

    @REQ-RUN-07
    Scenario: Requests through the Ingress
      Given the chart is installed
      Then the Ingress "${RELEASE}-frontend" has the class "traefik"
      And the Ingress "${RELEASE}-frontend" is for the host "${NAMESPACE}.localhost"
      And the Ingress "${RELEASE}-frontend" sends "/" to the Service "${RELEASE}-frontend"
      And the Ingress answers at "/healthz" with "todo-frontend"
      And the Ingress answers at "/healthz" with the field "status" equal to "ok" for 2 seconds
      When a POST request for "/api/todos" is sent through the Ingress with this JSON
        """
        {"title": "Of ${SCENARIO}"}
        """
      Then the answer has the status 201
      And the answer has "title" equal to "Of requests-through-the-ingress"
      When a GET request for "/healthz" is sent through the Ingress
      Then the answer has the header "X-Frame-Options" with the value "DENY"
      And the answer contains "ok"

    @REQ-RUN-07
    Scenario: Requests from inside of the pods
      Given the chart is installed
      Then a GET of "http://localhost:8000/livez" from every "backend" pod is answered 200
      And a GET of "http://${RELEASE}-backend:8000/readyz" from every "frontend" pod is answered with "todo-backend"
      And a GET of "http://${RELEASE}-backend:8000/readyz" from every "frontend" pod is answered with the field "status" equal to "ready" within 10 seconds

    @REQ-RUN-07
    Scenario: Who can reach whom
      Given the chart is installed
      Then "frontend" can reach "backend:8000"
      And "frontend" cannot reach "database:5432"

  @cluster
  Rule: Volumes, Secrets and rights

    @REQ-RUN-07
    Scenario: Claims and what lies on them
      Given the chart is installed
      Then the claim "${RELEASE}-backup" is bound
      And the claim of the "database" is bound
      And the claim of the "database" was given at least "256Mi"
      And the claim of the "database" has the storage class "standard"
      And the claim of the "database" has the access mode "ReadWriteOnce"
      And "/var/lib/postgresql/data/pgdata" in the "database" pod lies on its claim
      And "/tmp" in the "database" pod does not lie on its claim

    @REQ-RUN-07
    Scenario: Secrets stay where they belong
      Given the chart is installed
      Then the Secret "${RELEASE}-database" has the keys "admin-password, password"
      And the Secret "${RELEASE}-database" is mounted read-only at "/run/secrets/database" in every "backend" pod
      And no value of the Secret "${RELEASE}-database" stands in the environment of a "backend" container
      And no value of the Secret "${RELEASE}-database" stands in the logs of the release
      And no value of the Secret "${RELEASE}-database" stands in a ConfigMap of the release
      And every "backend" container has the variables of the ConfigMap "${RELEASE}-backend"

    @REQ-RUN-07
    Scenario: Service accounts may do nothing
      Given the chart is installed
      Then the service account of the "backend" may not get "secrets"
      And the service account of the "backend" may create "selfsubjectaccessreviews.authorization.k8s.io"
      And no "backend" pod holds a token of the Kubernetes API

  @cluster
  Rule: Logs, events and metrics

    @REQ-RUN-07
    Scenario: Logs and events
      Given the chart is installed
      Then every "backend" pod has logged "Application startup complete"
      And no "backend" pod has logged "Traceback"
      And every log line of the "backend" pods is JSON
      And every log line of the "backend" pods has the field "timestamp"
      And no log line of the "backend" pods has the level "error" or a worse one
      And an event of the Deployment "${RELEASE}-backend" has the reason "ScalingReplicaSet"
      And no event of the Deployment "${RELEASE}-backend" is a warning

    @REQ-RUN-07
    Scenario: Metrics
      Given the chart is installed
      And the metric "http_requests_total" of the "backend" pods on port 8000
      Then every "backend" pod tells the metric "process_resident_memory_bytes" on port 8000
      When a GET request for "/api/todos" is sent through the Ingress
      Then the metric has grown by at least 1 within 10 seconds
      And the CPU and memory of every "backend" container are measured, and below their limits within 2 minutes

  @disruptive
  Rule: What changes and breaks a release

    @REQ-RUN-07
    Scenario: A release is upgraded, rolled back and uninstalled
      Given the chart is installed in a namespace of its own
      And the "frontend" pods as they are now
      When the release is upgraded with "frontend.replicas" set to 2, and ready within 2 minutes
      Then the release is at revision 2
      And the "frontend" tier has 2 pods
      When the release is upgraded with these values, and ready within 2 minutes
        | path              | value |
        | frontend.replicas | 1     |
        | backup.keep       | 3     |
      And the release is rolled back to revision 1, and ready within 2 minutes
      Then the release is at revision 4
      When the release is uninstalled
      Then no object of the release is left but these within 1 minute
        | kind                  | name              |
        | PersistentVolumeClaim | ${RELEASE}-backup |
      And the Secret "${RELEASE}-database" has the keys "admin-password, password"

    @REQ-RUN-07
    Scenario: Workloads are restarted and scaled, processes frozen and killed, objects applied and deleted
      Given the chart is installed in a namespace of its own
      And the "database" pods as they are now
      And the claim and volume of the "database"
      When the StatefulSet "${RELEASE}-database" is restarted and rolled out within 1 minute
      Then every "database" pod is another one than before
      And the claim and volume of the "database" are the same
      When the Deployment "${RELEASE}-backend" is scaled to 1 within 1 minute
      Then the "backend" tier has 1 pod
      When every process of every "backend" container is frozen
      Then the "backend" tier has 0 ready pods within 30 seconds
      And the Service "${RELEASE}-backend" has 0 endpoints within 30 seconds
      When what was frozen goes on
      Then the "backend" tier has 1 ready pod within 30 seconds
      When the process of every "frontend" container is killed, and anew within 1 minute
      Then every "frontend" container has restarted 1 time
      And every "frontend" container ended with the exit status 137
      When every "frontend" pod is deleted and replaced within 1 minute
      Then the new "frontend" pods have new UIDs
      When these objects are applied
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: never-pulled
          labels: {app.kubernetes.io/instance: "${RELEASE}", app.kubernetes.io/component: planted}
        spec:
          securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
          containers:
            - name: it
              image: registry.invalid/nothing:1
              imagePullPolicy: Never
              securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: with-a-token
          labels: {app.kubernetes.io/instance: "${RELEASE}", app.kubernetes.io/component: informed}
        spec:
          securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
          containers:
            - name: it
              image: postgres:17-alpine
              imagePullPolicy: Never
              command: [sleep, "600"]
              securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
        """
      Then every "planted" container waits because of "ErrImageNeverPull" within 30 seconds
      And every "planted" pod is in the phase "Pending" for 2 seconds
      And every "informed" pod holds a token of the Kubernetes API within 30 seconds
      When the Pod "never-pulled" is deleted and gone within 1 minute
      Then there is no Pod "never-pulled"
