// Configuration port of the fabric: fills the memories of a program once after reset. The image is
// a sequence of rows of RowBits, each in ceil(RowBits / ConfigBits) words, the lowest bits first:
// for each slot a slot row, then a row for each lane; in the end a row for each score bit. A row is
// written at the edge after that of its last word. done_o stays high when all are.
module fabric_config #(
  parameter int unsigned Slots      = 1,
  parameter int unsigned Lanes      = 1,
  parameter int unsigned Scores     = 1,
  parameter int unsigned RowBits    = 8,
  parameter int unsigned ConfigBits = 8
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  valid_i,
  output logic                  ready_o,
  input  logic [ConfigBits-1:0] bits_i,

  output logic                  slot_write_o,
  output logic                  lane_write_o,
  output logic                  score_write_o,
  output logic [31:0]           slot_o,
  output logic [31:0]           lane_o,
  output logic [31:0]           score_o,
  output logic [RowBits-1:0]    row_o,
  output logic                  done_o
);

  localparam int unsigned Words = (RowBits + ConfigBits - 1) / ConfigBits;
  localparam int unsigned ShiftBits = Words * ConfigBits;

  logic [ShiftBits-1:0] row_q;
  logic [31:0]          word_q, slot_q, lane_q, score_q;
  logic                 whole_q;  // a row stands in row_q
  logic                 in_slots;

  assign in_slots = slot_q < Slots;
  assign done_o = !in_slots && score_q == Scores;
  assign ready_o = !done_o && !whole_q;
  assign row_o = row_q[RowBits-1:0];
  // Row 0 of a slot is its own, row 1 + l is that of lane l.
  assign slot_write_o = whole_q && in_slots && lane_q == 0;
  assign lane_write_o = whole_q && in_slots && lane_q != 0;
  assign score_write_o = whole_q && !in_slots;
  assign slot_o = slot_q;
  assign lane_o = lane_q - 1;
  assign score_o = score_q;

  if (Words == 1) begin : gen_one_word
    always_ff @(posedge clk_i) begin
      if (valid_i && ready_o) row_q <= bits_i;
    end
  end else begin : gen_words
    always_ff @(posedge clk_i) begin
      if (valid_i && ready_o) row_q <= {bits_i, row_q[ShiftBits-1:ConfigBits]};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word_q <= '0;
      whole_q <= 1'b0;
      slot_q <= '0;
      lane_q <= '0;
      score_q <= '0;
    end else if (whole_q) begin
      whole_q <= 1'b0;
      if (!in_slots) begin
        score_q <= score_q + 1;
      end else if (lane_q == Lanes) begin
        lane_q <= '0;
        slot_q <= slot_q + 1;
      end else begin
        lane_q <= lane_q + 1;
      end
    end else if (valid_i && ready_o) begin
      whole_q <= word_q == Words - 1;
      word_q <= (word_q == Words - 1) ? '0 : word_q + 1;
    end
  end

endmodule
