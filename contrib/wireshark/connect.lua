-- A dissector for the wire format of Connect (WIRE.md), for Wireshark and tshark. README.md says how to install it.
-- Nothing is taken for Connect unless somebody says so: by a port in the preferences, by "Decode As...", by the
-- application protocol connect/1 of TLS, or by switching the guessing on.

local HEADER_LEN = 8
local SIZE_LEN = 4
local SMALLEST_SIZE = 5
local LARGEST_SIZE = 100000004
local VERSION = 1

local connect = Proto("connect", "Connect")

local size_field = ProtoField.uint32("connect.size", "Size", base.DEC, nil, nil, "Bytes behind this field")
local version_field = ProtoField.uint16("connect.version", "Version")
local recipient_field = ProtoField.uint16("connect.recipient", "Recipient", base.DEC_HEX)
local data_field = ProtoField.bytes("connect.data", "Data")
local data_len_field = ProtoField.uint32("connect.data_len", "Data length")
local garbage_field = ProtoField.bytes("connect.garbage", "Not a frame")

local bad_size = ProtoExpert.new(
  "connect.bad_size", "Size is not between 5 and 100,000,004", expert.group.MALFORMED, expert.severity.ERROR)
local bad_version = ProtoExpert.new(
  "connect.bad_version", "Version is not 1", expert.group.MALFORMED, expert.severity.ERROR)
local out_of_step = ProtoExpert.new(
  "connect.out_of_step", "Behind a header that cannot be read: no receiver looks for another",
  expert.group.PROTOCOL, expert.severity.WARN)

connect.fields = { size_field, version_field, recipient_field, data_len_field, data_field, garbage_field }
connect.experts = { bad_size, bad_version, out_of_step }

connect.prefs.tcp_ports = Pref.range("TCP ports", "", "Ports whose streams are Connect, such as 7000,7002-7010", 65535)
connect.prefs.tls_ports = Pref.range(
  "TLS ports", "", "Ports whose streams are Connect over TLS, for peers that name no application protocol", 65535)
connect.prefs.guess = Pref.bool(
  "Guess by what streams look like", false, "Takes other TCP streams for Connect if they begin with a valid header")

-- The number of the packet in which a direction of a stream ceased to be readable, by stream and sender: both ends may use the same port.
local broken_since = {}

local tcp_stream = Field.new("tcp.stream")

local function direction(pinfo)
  local stream = tcp_stream()
  return stream and stream.value .. " " .. tostring(pinfo.src) .. " " .. pinfo.src_port
end

-- What is wrong with a header of which at least the size field is here.
local function fault(tvb, offset)
  local size = tvb(offset, SIZE_LEN):uint()
  if size < SMALLEST_SIZE or size > LARGEST_SIZE then
    return bad_size, size_field, tvb(offset, SIZE_LEN)
  end
  if tvb:len() - offset >= 6 and tvb(offset + 4, 2):uint() ~= VERSION then
    return bad_version, version_field, tvb(offset + 4, 2)
  end
end

-- The length of the frame at `offset`; nil if more has to come before that is known.
local function frame_len(tvb, offset)
  local available = tvb:len() - offset
  if available >= HEADER_LEN then
    return SIZE_LEN + tvb(offset, SIZE_LEN):uint()
  end
end

local function add_frame(tvb, offset, len, pinfo, tree)
  local recipient = tvb(offset + 6, 2)
  local data_len = len - HEADER_LEN
  local text = string.format("recipient %d, %d bytes", recipient:uint(), data_len)
  local subtree = tree:add(connect, tvb(offset, len), "Connect, " .. text)
  subtree:add(size_field, tvb(offset, SIZE_LEN))
  subtree:add(version_field, tvb(offset + 4, 2))
  subtree:add(recipient_field, recipient)
  subtree:add(data_len_field, tvb(offset, SIZE_LEN), data_len):set_generated()
  subtree:add(data_field, tvb(offset + HEADER_LEN, data_len))
  return text
end

local function add_garbage(tvb, offset, tree, expert_info, field, range)
  local subtree = tree:add(connect, tvb(offset), "Connect, not a frame")
  if field then
    subtree:add(field, range):add_proto_expert_info(expert_info)
  else
    subtree:add_proto_expert_info(expert_info)
  end
  subtree:add(garbage_field, tvb(offset))
end

-- In the list of packets. A packet that ends one frame and begins another comes here twice.
local function describe(pinfo, text)
  if tostring(pinfo.cols.info):find("recipient %d+, %d+ bytes$") then
    pinfo.cols.info:append(" | " .. text)
  else
    pinfo.cols.info = text
  end
end

function connect.dissector(tvb, pinfo, tree)
  -- A packet that was captured in part cannot be put together with the next.
  if tvb:captured_len() < tvb:reported_len() then
    return 0
  end
  pinfo.cols.protocol = "Connect"
  local key = direction(pinfo)
  local broken = key and broken_since[key]
  if broken and pinfo.number > broken then
    pinfo.cols.info = "behind a frame that cannot be read"
    add_garbage(tvb, 0, tree, out_of_step)
    return tvb:len()
  end

  local texts = {}
  local offset = 0
  while offset < tvb:len() do
    local available = tvb:len() - offset
    if available < SIZE_LEN then
      pinfo.desegment_offset = offset
      pinfo.desegment_len = DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    local expert_info, field, range = fault(tvb, offset)
    if expert_info then
      if key and not broken then
        broken_since[key] = pinfo.number
      end
      add_garbage(tvb, offset, tree, expert_info, field, range)
      texts[#texts + 1] = "not a frame"
      offset = tvb:len()
      break
    end
    local len = frame_len(tvb, offset)
    if not len or available < len then
      pinfo.desegment_offset = offset
      pinfo.desegment_len = len and len - available or DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    texts[#texts + 1] = add_frame(tvb, offset, len, pinfo, tree)
    offset = offset + len
  end
  if #texts > 0 then
    describe(pinfo, table.concat(texts, " | "))
  end
  return tvb:len()
end

-- A valid header, and behind its frame the end of the packet, another valid header, or still the same frame if it is
-- not longer than those that are common.
local function looks_like_connect(tvb)
  if tvb:len() <= HEADER_LEN or fault(tvb, 0) then
    return false
  end
  local rest = tvb:len() - frame_len(tvb, 0)
  if rest < 0 then
    return frame_len(tvb, 0) <= 65536
  end
  return rest == 0 or rest >= HEADER_LEN and not fault(tvb, frame_len(tvb, 0))
end

connect:register_heuristic("tcp", function(tvb, pinfo, tree)
  if not connect.prefs.guess or not looks_like_connect(tvb) then
    return false
  end
  connect.dissector(tvb, pinfo, tree)
  pinfo.conversation = connect
  return true
end)

local tcp_ports = DissectorTable.get("tcp.port")
local tls_ports = DissectorTable.get("tls.port")
tcp_ports:add_for_decode_as(connect)
tls_ports:add_for_decode_as(connect)
DissectorTable.get("tls.alpn"):add("connect/1", connect)

local registered = { tcp = "", tls = "" }

local function register(table, kind, ports)
  if registered[kind] ~= ports then
    if registered[kind] ~= "" then
      table:remove(registered[kind], connect)
    end
    if ports ~= "" then
      table:add(ports, connect)
    end
    registered[kind] = ports
  end
end

function connect.prefs_changed()
  register(tcp_ports, "tcp", connect.prefs.tcp_ports)
  register(tls_ports, "tls", connect.prefs.tls_ports)
end

function connect.init()
  broken_since = {}
end
