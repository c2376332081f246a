"""The methods of the Web API that the fake knows: their arguments, scopes and tiers, as https://docs.slack.dev/reference/methods
documents them."""

from __future__ import annotations

from dataclasses import dataclass, field

CHANNEL_SCOPES: dict[str, dict[str, tuple[str, ...]]] = {
    "read": {"public": ("channels:read",), "private": ("groups:read",), "im": ("im:read",), "mpim": ("mpim:read",)},
    "history": {
        "public": ("channels:history",),
        "private": ("groups:history",),
        "im": ("im:history",),
        "mpim": ("mpim:history",),
    },
    "manage": {
        "public": ("channels:manage",),
        "private": ("groups:write",),
        "im": ("im:write",),
        "mpim": ("mpim:write",),
    },
    "invite": {
        "public": ("channels:manage", "channels:write.invites"),
        "private": ("groups:write", "groups:write.invites"),
        "im": ("im:write",),
        "mpim": ("mpim:write",),
    },
    "topic": {
        "public": ("channels:manage", "channels:write.topic"),
        "private": ("groups:write", "groups:write.topic"),
        "im": ("im:write", "im:write.topic"),
        "mpim": ("mpim:write", "mpim:write.topic"),
    },
}
"""Which scope opens a method for a channel of which kind: any of them will do. Those of user tokens are left out."""


@dataclass(frozen=True)
class Method:
    """`scopes`: one of them is needed. `family`: as above, by the kind of the channel. `json`: a JSON body is read.
    `tier`: 1 to 4, 5 for a special one."""

    tier: int
    args: dict[str, str]
    required: frozenset[str]
    scopes: tuple[str, ...] = ()
    family: str = ""
    json: bool = True
    limits: dict[str, int] = field(default_factory=dict)
    app_token: bool = False


def _method(
    tier: int, args: str = "", *, scope: str = "", family: str = "", json: bool = True, app_token: bool = False
) -> Method:
    """Arguments as `name`, `name!` (required), `name:kind`, `name<=most`."""
    # The client that Bolt hands out names its team with every call.
    kinds: dict[str, str] = {"team_id": "string"}
    required = set()
    limits = {}
    for word in args.split():
        name, _, most = word.partition("<=")
        name, _, kind = name.partition(":")
        if name.endswith("!"):
            name = name[:-1]
            required.add(name)
        kinds[name] = kind or "string"
        if most:
            limits[name] = int(most)
    scopes = tuple(scope.split()) or tuple(one for kind in CHANNEL_SCOPES.get(family, {}).values() for one in kind)
    return Method(tier, kinds, frozenset(required), scopes, family, json, limits, app_token)


_PAGE = "cursor limit:integer"
_MESSAGE = "text blocks:json attachments:json markdown_text metadata:json parse link_names:boolean as_user:boolean"
_POSTED = f"{_MESSAGE} icon_emoji icon_url username thread_ts"
_HISTORY = f"channel! {_PAGE} latest oldest inclusive:boolean include_all_metadata:boolean"

METHODS: dict[str, Method] = {
    "auth.test": _method(5),
    "apps.connections.open": _method(3, app_token=True),
    "team.info": _method(3, "team domain", scope="team:read"),
    "conversations.create": _method(2, "name! is_private:boolean", family="manage"),
    "conversations.info": _method(
        3, "channel! include_locale:boolean include_num_members:boolean", family="read", json=False
    ),
    "conversations.list": _method(2, f"{_PAGE} exclude_archived:boolean types:list", family="read", json=False),
    "conversations.members": _method(4, f"channel! {_PAGE}", family="read", json=False),
    "conversations.join": _method(3, "channel!", scope="channels:join"),
    "conversations.invite": _method(3, "channel! users!:list force:boolean", family="invite"),
    "conversations.kick": _method(3, "channel! user!", family="manage"),
    "conversations.archive": _method(2, "channel!", family="manage"),
    "conversations.unarchive": _method(2, "channel!", family="manage"),
    "conversations.setTopic": _method(2, "channel! topic!", family="topic"),
    "conversations.setPurpose": _method(2, "channel! purpose!", family="topic"),
    "conversations.rename": _method(2, "channel! name!", family="manage"),
    "conversations.history": _method(3, _HISTORY, family="history"),
    "conversations.replies": _method(3, f"{_HISTORY} ts!", family="history", json=False),
    "conversations.open": _method(
        3, "channel users:list return_im:boolean prevent_creation:boolean", scope="im:write mpim:write"
    ),
    "users.conversations": _method(
        3, f"{_PAGE} user types:list exclude_archived:boolean exclude_muted:boolean", family="read", json=False
    ),
    "users.info": _method(4, "user! include_locale:boolean", scope="users:read", json=False),
    "users.list": _method(2, f"{_PAGE} include_locale:boolean", scope="users:read", json=False),
    "users.lookupByEmail": _method(3, "email!", scope="users:read.email", json=False),
    "usergroups.list": _method(
        2,
        "include_count:boolean include_disabled:boolean include_users:boolean",
        scope="usergroups:read",
        json=False,
    ),
    "usergroups.users.list": _method(2, "usergroup! include_disabled:boolean", scope="usergroups:read", json=False),
    "chat.postMessage": _method(
        5,
        f"channel! {_POSTED} mrkdwn:boolean reply_broadcast:boolean unfurl_links:boolean unfurl_media:boolean"
        " current_draft_last_updated_ts",
        scope="chat:write",
    ),
    "chat.update": _method(
        3,
        f"channel! ts! {_MESSAGE} reply_broadcast:boolean file_ids:json unfurled_attachments:json",
        scope="chat:write",
    ),
    "chat.delete": _method(3, "channel! ts! as_user:boolean", scope="chat:write"),
    "chat.postEphemeral": _method(4, f"channel! user! {_POSTED}", scope="chat:write"),
    "chat.getPermalink": _method(5, "channel! message_ts!", json=False),
    "chat.unfurl": _method(
        3,
        "channel ts unfurls:json unfurl_id source user_auth_message user_auth_required:boolean user_auth_url"
        " user_auth_blocks:json",
        scope="links:write",
    ),
    "pins.add": _method(2, "channel! timestamp", scope="pins:write"),
    "pins.list": _method(2, "channel!", scope="pins:read", json=False),
    "pins.remove": _method(2, "channel! timestamp", scope="pins:write"),
    "bookmarks.add": _method(
        2,
        "channel_id! title!<=256 type! link<=2048 emoji entity_id parent_id access_level",
        scope="bookmarks:write",
    ),
    "bookmarks.edit": _method(2, "channel_id! bookmark_id! title<=256 link<=2048 emoji", scope="bookmarks:write"),
    "bookmarks.list": _method(3, "channel_id!", scope="bookmarks:read"),
    "bookmarks.remove": _method(2, "channel_id! bookmark_id! quip_section_id", scope="bookmarks:write"),
    "reactions.add": _method(3, "channel! name! timestamp!", scope="reactions:write"),
    "reactions.get": _method(3, "channel file file_comment full:boolean timestamp", scope="reactions:read", json=False),
    "reactions.remove": _method(2, "channel file file_comment name! timestamp", scope="reactions:write"),
    "files.info": _method(4, f"file! count:integer page:integer {_PAGE}", scope="files:read", json=False),
    "files.getUploadURLExternal": _method(
        4, "filename! length!:integer snippet_type alt_txt", scope="files:write", json=False
    ),
    "files.completeUploadExternal": _method(
        4,
        "files!:json channel_id thread_ts channels:list initial_comment blocks:json username icon_url icon_emoji",
        scope="files:write",
    ),
    "views.open": _method(4, "trigger_id interactivity_pointer view!:json"),
    "views.publish": _method(4, "user_id! view!:json hash interactivity_pointer"),
    "views.update": _method(4, "view!:json view_id external_id hash"),
    "views.push": _method(4, "trigger_id interactivity_pointer view!:json"),
}

MISSING = {
    ("conversations.create", "name"): "invalid_name_required",
    ("conversations.rename", "name"): "invalid_name_required",
    ("conversations.invite", "users"): "no_user",
    ("reactions.add", "timestamp"): "no_item_specified",
}
"""What a missing argument is called where the method has a name of its own for that."""

EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_rate_limited": (),
    "app_uninstalled": (),
    "channel_archive": ("channels:read",),
    "channel_created": ("channels:read",),
    "channel_left": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "file_shared": ("files:read",),
    "group_archive": ("groups:read",),
    "group_left": ("groups:read",),
    "group_rename": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "link_shared": ("links:read",),
    "member_joined_channel": ("channels:read", "groups:read", "mpim:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "pin_added": ("pins:read",),
    "pin_removed": ("pins:read",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "subteam_members_changed": ("usergroups:read",),
    "tokens_revoked": (),
    "user_change": ("users:read",),
}
"""One of the scopes opens the event; none: it needs none."""

ALL_SCOPES = frozenset(
    {
        *(scope for method in METHODS.values() for scope in method.scopes),
        *(scope for scopes in EVENT_SCOPES.values() for scope in scopes),
        "chat:write.public",
        "chat:write.customize",
        "commands",
        "metadata.message:read",
    }
)
