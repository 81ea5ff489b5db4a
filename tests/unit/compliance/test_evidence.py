import pytest

from landwaiter.compliance.evidence import effective_user, image_config, is_windows, own_container
from landwaiter.compliance.models import TaskContainer
from landwaiter.inventory.models import Account, FileEvidence, Note

PASSWD = FileEvidence(
    accounts=(
        Account("root", 0, 0, "shadow"),
        Account("toor", 0, 0, "shadow"),
        Account("app", 1000, 1000, "shadow"),
        Account("odd", -1, -1, "shadow"),
    ),
    has_passwd=True,
)


@pytest.mark.parametrize(
    "user", ["", None, "0", "00", "+0", "-0", "root", "0:0", "0:1000", "root:app", "toor", "toor:app", " 0 ", ":1000"]
)
def test_root_in_all_its_spellings(evidence, user):
    assert effective_user(evidence(user=user, files=PASSWD)).root is True


@pytest.mark.parametrize("user", ["1000", "10", "app", "app:root", "1000:0", "65532:65532", "100000"])
def test_ordinary_users(evidence, user):
    assert effective_user(evidence(user=user, files=PASSWD)).root is False


@pytest.mark.parametrize("files", [PASSWD, FileEvidence()])
def test_a_name_that_passwd_does_not_resolve_is_unknown(evidence, files):
    assert effective_user(evidence(user="nobody", files=files)).root is None


def test_a_uid_that_is_no_number_is_unknown(evidence):
    assert effective_user(evidence(user="odd", files=PASSWD)).root is None


def test_a_name_is_unknown_when_the_layer_that_may_redefine_it_was_not_read(evidence):
    unread = Note("unreadable-layer", "The layer is truncated.", layer=2)
    assert effective_user(evidence(user="app", files=PASSWD, notes=[unread])).root is None


def test_the_task_definition_goes_before_the_image(evidence, task):
    seen = effective_user(evidence(user="1000", task=task(container={"user": "0"})))
    assert (seen.root, seen.said_by) == (True, "the task definition")
    seen = effective_user(evidence(user="0", task=task(container={"user": "1000"})))
    assert (seen.root, seen.said_by) == (False, "the task definition")


def test_a_silent_task_definition_leaves_it_to_the_image(evidence, task):
    assert effective_user(evidence(user="1000", task=task())).said_by == "the image"


def test_the_container_is_found_by_name_before_reference(evidence, task):
    two = task(TaskContainer("app", image="registry.example.com/team/app:1"), TaskContainer("log", image="x"))
    assert own_container(evidence(task=two, container="log")).name == "log"
    assert own_container(evidence(task=two)).name == "app"


def test_no_container_is_guessed_where_two_run_the_image(evidence, task):
    image = "registry.example.com/team/app:1"
    assert own_container(evidence(task=task(TaskContainer("a", image=image), TaskContainer("b", image=image)))) is None


def test_a_folder_has_no_config_but_an_image_without_one_has_the_defaults(evidence):
    assert image_config(evidence(config=False, digest="")) is None
    assert image_config(evidence(config=False)).user is None


def test_windows_is_told_by_the_task_before_the_image(evidence, task):
    assert is_windows(evidence(system="windows"))
    family = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
    assert is_windows(evidence(task=task(runtime_platform=family)))
    assert not is_windows(evidence(system="windows", task=task(runtime_platform={"operatingSystemFamily": "LINUX"})))
