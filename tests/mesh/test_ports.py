import pytest

from kube_acceptance.errors import AcceptanceError
from kube_acceptance.mesh import Port, service_ports

WEB = {
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "ports": [{"name": "http", "containerPort": 3000}]}]},
        }
    },
}
API = {
    "kind": "Deployment",
    "metadata": {"name": "api"},
    "spec": {
        "template": {
            "metadata": {"labels": {"app": "api"}},
            "spec": {"containers": [{"name": "api", "ports": [{"name": "http", "containerPort": 8000}]}]},
        }
    },
}


def service(**port):
    return {
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [port]},
    }


def test_a_name_is_that_of_a_container_which_the_service_selects():
    assert service_ports([WEB, API, service(port=80, targetPort="http", appProtocol="http")]) == [Port(3000, "http")]


def test_a_number_stands_for_itself_and_a_service_without_one_leads_to_its_own_port():
    assert service_ports([service(port=80, targetPort=5432)]) == [Port(5432, "")]
    assert service_ports([service(port=80)]) == [Port(80, "")]


def test_a_port_that_two_services_lead_to_counts_once():
    assert service_ports([service(port=80), service(port=80)]) == [Port(80, "")]


def test_a_name_that_no_selected_container_has_is_told():
    with pytest.raises(AcceptanceError) as caught:
        service_ports([API, service(port=80, targetPort="http")])
    assert str(caught.value) == "Service web leads to the port http, which no container that it selects names"


def test_a_chart_without_services_has_nothing_to_lead_through_a_proxy():
    with pytest.raises(AcceptanceError) as caught:
        service_ports([WEB])
    assert str(caught.value) == "the chart renders no Service with a port, so no connection could come through a proxy"


@pytest.mark.parametrize(
    ("protocol", "http"), [("http", True), ("kubernetes.io/h2c", True), ("postgresql", False), ("", False)]
)
def test_what_is_read_as_http(protocol, http):
    assert Port(80, protocol).is_http is http
