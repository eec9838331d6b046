// Variant T: Luts physical look-up tables of FanIn inputs that take a program slot by slot, for
// Contexts samples that are interleaved. Programmed once after reset through the configuration port
// (fabric_config.sv); in_ready_o is low until then. Address s of a context's bit file is the
// program's signal s: features first, then the outputs of its LUTs.
//
// Rows of the configuration image, the lowest bit first:
//   slot   the first slot of its level
//   lane   valid; the address of its output; of each pin its kind (fabric_gather.sv) and address;
//          the table
//   score  kind and address of a score bit
module poetbin_fabric #(
  parameter int unsigned Features   = 1,
  parameter int unsigned Signals    = 2,  // features and LUTs of the program
  parameter int unsigned Luts       = 1,
  parameter int unsigned FanIn      = 1,
  parameter int unsigned Slots      = 1,
  parameter int unsigned Contexts   = 1,
  parameter int unsigned Banks      = 0,
  parameter int unsigned Ports      = 1,
  parameter int unsigned LoadBits   = 1,
  parameter int unsigned ConfigBits = 1,
  parameter int unsigned Classes    = 1,
  parameter int unsigned ScoreBits  = 1,
  parameter bit          Signed     = 1'b1,
  parameter bit          Argmax     = 1'b0,
  parameter int unsigned ClassBits  = (Classes > 1) ? $clog2(Classes) : 1,
  parameter int unsigned ResultBits = Argmax ? ClassBits + ScoreBits : Classes * ScoreBits
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  config_valid_i,
  output logic                  config_ready_o,
  input  logic [ConfigBits-1:0] config_bits_i,
  output logic                  configured_o,

  input  logic                  in_valid_i,
  output logic                  in_ready_o,
  input  logic [LoadBits-1:0]   in_bits_i,

  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic [ResultBits-1:0] result_o  // all scores, or {class, its score}
);

  localparam int unsigned AddrBits = $clog2(Signals);
  localparam int unsigned SlotBits = $clog2(Slots + 1);
  localparam int unsigned ContextBits = (Contexts > 1) ? $clog2(Contexts) : 1;
  localparam int unsigned Scores = Classes * ScoreBits;
  localparam int unsigned Pins = Luts * FanIn;
  localparam int unsigned PinBits = 2 + AddrBits;
  localparam int unsigned RouteBits = 1 + AddrBits + FanIn * PinBits;
  localparam int unsigned TableBits = 2 ** FanIn;
  localparam int unsigned LaneBits = RouteBits + TableBits;
  localparam int unsigned RowBits = (LaneBits > SlotBits) ? LaneBits : SlotBits;
  localparam int unsigned LoadWords = (Features + LoadBits - 1) / LoadBits;

  // Configuration.
  logic               slot_write, lane_write, score_write;
  logic [31:0]        row_slot, row_lane, row_score;
  logic [RowBits-1:0] row;

  fabric_config #(
    .Slots(Slots), .Lanes(Luts), .Scores(Scores), .RowBits(RowBits), .ConfigBits(ConfigBits)
  ) fabric_config (
    .clk_i, .rst_ni, .valid_i(config_valid_i), .ready_o(config_ready_o), .bits_i(config_bits_i),
    .slot_write_o(slot_write), .lane_write_o(lane_write), .score_write_o(score_write),
    .slot_o(row_slot), .lane_o(row_lane), .score_o(row_score), .row_o(row), .done_o(configured_o)
  );

  logic [PinBits-1:0] score_routes[Scores];
  always_ff @(posedge clk_i) begin
    if (score_write) score_routes[row_score] <= row[PinBits-1:0];
  end

  // Sequencer.
  logic                   loaded, load_ready;
  logic                   issue, gather_valid, gather_last, look_up_valid, write_valid, write_last;
  logic [ContextBits-1:0] load_context, gather_context, write_context;
  logic [SlotBits-1:0]    issue_slot, look_up_slot, write_slot;
  logic [2:0]             cause;
  logic                   score_leaves;

  fabric_sequencer #(
    .Slots(Slots), .Contexts(Contexts)
  ) fabric_sequencer (
    .clk_i, .rst_ni,
    .begin_write_i(slot_write), .begin_slot_i(row_slot[SlotBits-1:0]),
    .begin_i(row[SlotBits-1:0]),
    .load_ready_o(load_ready), .load_context_o(load_context), .loaded_i(loaded),
    .issue_o(issue), .issue_slot_o(issue_slot),
    .gather_valid_o(gather_valid), .gather_context_o(gather_context), .gather_last_i(gather_last),
    .look_up_valid_o(look_up_valid), .look_up_slot_o(look_up_slot),
    .write_valid_o(write_valid), .write_context_o(write_context), .write_slot_o(write_slot),
    .write_last_o(write_last), .release_i(score_leaves), .cause_o(cause)
  );

  // Lanes: route memory, table memory, one bit a lane and slot.
  logic [2*Pins-1:0]        issue_kinds;
  logic [AddrBits*Pins-1:0] issue_addrs;
  logic [Pins-1:0]          pins;
  logic [Luts-1:0]          outputs_q;
  logic [Luts-1:0]          write_lane;   // has a LUT in the slot that is written
  logic [AddrBits*Luts-1:0] write_addrs;

  for (genvar l = 0; l < Luts; l++) begin : gen_lane
    logic [RouteBits-1:0] routes[Slots];
    logic [TableBits-1:0] tables[Slots];
    logic [RouteBits-1:0] issue_route, look_up_route, write_route;

    always_ff @(posedge clk_i) begin
      if (lane_write && row_lane == l) begin
        routes[row_slot] <= row[RouteBits-1:0];
        tables[row_slot] <= row[LaneBits-1:RouteBits];
      end
    end

    assign issue_route = routes[issue_slot];
    assign look_up_route = routes[look_up_slot];
    assign write_route = routes[write_slot];
    for (genvar p = 0; p < FanIn; p++) begin : gen_pin
      assign issue_kinds[2*(l*FanIn+p)+:2] = issue_route[1+AddrBits+p*PinBits+:2];
      assign issue_addrs[AddrBits*(l*FanIn+p)+:AddrBits] =
          issue_route[1+AddrBits+p*PinBits+2+:AddrBits];
    end
    assign write_lane[l] = write_route[0];
    assign write_addrs[l*AddrBits+:AddrBits] = write_route[1+:AddrBits];

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) outputs_q[l] <= 1'b0;
      else if (look_up_valid && look_up_route[0]) begin
        outputs_q[l] <= tables[look_up_slot][pins[l*FanIn+:FanIn]];
      end
    end
  end

  // Bit files.
  logic [Contexts*Signals-1:0] bits, next_bits;
  logic [31:0]                 load_word_q;
  logic                        load;

  assign in_ready_o = configured_o && load_ready;
  assign load = in_valid_i && in_ready_o;
  assign loaded = load && load_word_q == LoadWords - 1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) load_word_q <= '0;
    else if (load) load_word_q <= loaded ? '0 : load_word_q + 1;
  end

  for (genvar c = 0; c < Contexts; c++) begin : gen_context
    logic [Signals-1:0] bits_d, bits_q;

    always_comb begin
      bits_d = bits_q;
      if (load && load_context == ContextBits'(c)) begin
        for (int unsigned f = 0; f < Features; f++) begin
          if (f / LoadBits == load_word_q) bits_d[f] = in_bits_i[f%LoadBits];
        end
      end
      if (write_valid && write_context == ContextBits'(c)) begin
        for (int unsigned l = 0; l < Luts; l++) begin
          if (write_lane[l]) bits_d[write_addrs[l*AddrBits+:AddrBits]] = outputs_q[l];
        end
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) bits_q <= '0;
      else bits_q <= bits_d;
    end
    assign bits[c*Signals+:Signals] = bits_q;
    assign next_bits[c*Signals+:Signals] = bits_d;
  end

  logic [Signals-1:0] gather_bits, written_bits;
  assign gather_bits = bits[32'(gather_context)*Signals+:Signals];
  assign written_bits = next_bits[32'(write_context)*Signals+:Signals];

  fabric_gather #(
    .Pins(Pins), .Signals(Signals), .Banks(Banks), .Ports(Ports)
  ) fabric_gather (
    .clk_i, .rst_ni, .issue_i(issue), .kinds_i(issue_kinds), .addrs_i(issue_addrs),
    .valid_i(gather_valid), .bits_i(gather_bits), .last_o(gather_last), .pins_o(pins)
  );

  // Scores, with the last slot of a sample.
  logic [Scores-1:0] scores_d, scores_q;
  logic              score_valid_q;

  for (genvar s = 0; s < Scores; s++) begin : gen_score
    assign scores_d[s] = score_routes[s][1] ? written_bits[score_routes[s][2+:AddrBits]]
                                            : score_routes[s][0];
  end

  always_ff @(posedge clk_i) begin
    if (write_last) scores_q <= scores_d;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) score_valid_q <= 1'b0;
    else if (write_last) score_valid_q <= 1'b1;
    else if (score_leaves) score_valid_q <= 1'b0;
  end

  if (Argmax) begin : gen_argmax
    logic                 class_valid_q, move;
    logic [ClassBits-1:0] class_d;
    logic [ScoreBits-1:0] score_d;

    assign move = !class_valid_q || out_ready_i;
    assign score_leaves = move && score_valid_q;
    assign out_valid_o = class_valid_q;

    argmax #(
      .Classes(Classes), .ScoreBits(ScoreBits), .Signed(Signed)
    ) argmax (
      .scores_i(scores_q), .class_o(class_d), .score_o(score_d)
    );

    always_ff @(posedge clk_i) begin
      if (score_leaves) result_o <= {class_d, score_d};
    end
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) class_valid_q <= 1'b0;
      else if (move) class_valid_q <= score_valid_q;
    end
  end else begin : gen_scores
    assign score_leaves = score_valid_q && out_ready_i;
    assign out_valid_o = score_valid_q;
    assign result_o = scores_q;
  end

endmodule
